/** What an export begins with, so that another document is told from one. */
export const DOCUMENT = { format: 'agent-runtime-session', version: 1 } as const;
