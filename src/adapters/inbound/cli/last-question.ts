import { type AgentRuntime, type MessagePage, Problem } from 'agent-runtime/client';

const MESSAGES_AT_ONCE = 50;

/** The run of the last message that a user wrote; undefined where there is none. */
export async function lastQuestion(runtime: AgentRuntime, sessionId: string): Promise<string | undefined> {
  let before: string | undefined;
  do {
    const { messages, next_before }: MessagePage = await page(runtime, sessionId, before);
    const asked = messages.findLast(({ role }) => role === 'user');
    if (asked !== undefined) return asked.run_id;
    before = next_before ?? undefined;
  } while (before !== undefined);
  return undefined;
}

async function page(runtime: AgentRuntime, sessionId: string, before: string | undefined): Promise<MessagePage> {
  try {
    const from = before === undefined ? {} : { before };
    return await runtime.sessions.messages(sessionId, { limit: MESSAGES_AT_ONCE, ...from });
  } catch (error) {
    if (error instanceof Problem && error.code === 'session_not_found') return { messages: [] };
    throw error;
  }
}
