/** Who makes the spans, among all that a process may send. */
export const TRACER = 'agent-runtime';
