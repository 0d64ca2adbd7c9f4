import type { SessionMessage } from 'agent-runtime/client';
import type { Saying } from './outbox.js';
import { type Said, turnOf } from './said.js';

/** The id of a message that the service has not taken yet. */
const NEW = 'new';

/** A history as it will be when the service has taken this: what it takes the place of is gone, with all that came
 *  behind. */
export function withSaying(history: readonly Said[], { content, replaces }: Saying): readonly Said[] {
  const at = replaces === undefined ? -1 : history.findIndex(({ run_id }) => run_id === replaces);
  const turn = at < 0 ? history.length : turnOf(history, at);
  const asked = content ?? history[turn]?.content ?? '';
  return [...history.slice(0, turn), { id: NEW, role: 'user', content: asked, status: 'complete', run_id: '' }];
}

/** The message that has just been taken has its place in the service's history now. */
export function withRun(history: readonly Said[], runId: string): readonly Said[] {
  return history.map((said) => (said.id === NEW ? { ...said, id: `${runId}.user`, run_id: runId } : said));
}

/** What the service tells of a session, but for what a run that is going on has written: its stream tells that. What a
 *  model thought is in no history, so it is kept of what was shown before. */
export function newerHistory(
  messages: readonly SessionMessage[],
  before: readonly Said[],
  runId: string | null | undefined,
): readonly Said[] {
  const thoughts = new Map(before.map(({ id, reasoning = '' }) => [id, reasoning]));
  return messages
    .filter(({ role, run_id }) => role === 'user' || run_id !== runId)
    .map((message) => ({ ...message, reasoning: thoughts.get(message.id) ?? '' }));
}

/** The calls that a history tells of. */
export function callsIn(history: readonly Said[]): ReadonlySet<string> {
  return new Set(history.flatMap(({ tool_calls = [] }) => tool_calls.map(({ call_id }) => call_id)));
}
