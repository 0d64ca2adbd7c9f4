import type { ToolTrace } from './tool-trace.js';

/** What a service without a mistake leaves of one turn with two calls. */
export function simulatedTools(at: number): ToolTrace {
  const entry = { calls: [], resultOf: undefined };
  const told = [
    { ...entry, role: 'user', content: 'tool turn 1 in tools-1: please' },
    { ...entry, role: 'assistant', content: 'Look', calls: ['c1', 'c2'] },
    { ...entry, role: 'tool', content: 'result 1 of c1', resultOf: 'c1' },
    { ...entry, role: 'tool', content: 'result 2 of c2', resultOf: 'c2' },
  ];
  const messages = [...told, { ...entry, role: 'assistant', content: 'Done' }].map((message, place) => ({
    ...message,
    status: message.role === 'tool' ? 'ok' : 'complete',
    run: place < 4 ? 'tool1' : 'tool2',
    createdAt: at + place * 1000,
  }));
  const post = { session: 'tools-1', sentAt: at, status: 200, code: undefined };
  return {
    prompts: [
      { session: 'tools-1', messages: told.slice(0, 1) },
      { session: 'tools-1', messages: told },
    ],
    sightings: ['c1', 'c2'].map((callId) => ({ session: 'tools-1', callId, expiresAt: at + 6000 })),
    posts: [
      { ...post, what: 'message', callId: undefined, result: undefined },
      { ...post, what: 'result', callId: 'c1', result: 'result 1 of c1' },
      { ...post, what: 'result', callId: 'c2', result: 'result 2 of c2' },
    ],
    sessions: [
      {
        id: 'tools-1',
        status: 'idle',
        messageCount: messages.length,
        messages,
        runs: [
          { id: 'tool1', finishReason: 'tool_calls', calls: ['c1', 'c2'] },
          { id: 'tool2', finishReason: 'stop', calls: [] },
        ],
      },
    ],
  };
}
