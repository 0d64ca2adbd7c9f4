import { completionStream } from '../support/completion-stream.js';
import { Chance } from './chance.js';
import type { PromptEntry } from './tool-trace.js';

/** The time that an approved call gets is the longer one, so that none has less of it than a client has seen. */
export const TOOL_AGENTS = {
  agents: { default: { tools: ['read', 'write'] } },
  tools: {
    read: { description: 'Reads', parameters: { type: 'object' } },
    write: { description: 'Writes', parameters: { type: 'object' }, approval: 'always' },
  },
  call_timeouts: { client_s: 6, approval_s: 5 },
};
export const CLIENT_TIME_MS = TOOL_AGENTS.call_timeouts.client_s * 1000;

const PLANS = 0x7001;
const WORDS = ['I ', 'shall ', 'look ', 'at ', 'that ', 'now. '];

export function toolContent(session: string, number: number): string {
  return `tool turn ${number} in ${session}: please`;
}

/** The session and the number of the turn that a prompt is about; undefined where it is no turn with tools. */
export function toolTurnIn(messages: readonly PromptEntry[]) {
  const asked = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const [, number, session] = Array.from(asked.matchAll(/tool turn (\d+) in (\S+):/g)).at(-1) ?? [];
  return number === undefined || session === undefined ? undefined : { number: Number(number), session };
}

/** What the scripted model says next: calls in its first steps, at last an answer. It follows from the prompt alone. */
export function toolAnswer(number: number, messages: readonly PromptEntry[]): readonly string[] {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'user'));
  const step = since.filter(({ calls }) => calls.length > 0).length;
  const chance = new Chance(PLANS).beside(number);
  const steps = chance.between(1, 3);
  const words = WORDS.map((word) => completionStream.text(word));
  if (step >= steps) return [...words, completionStream.finish('stop'), completionStream.done];
  const count = chance.beside(step).between(1, 2);
  const calls = Array.from({ length: count }, (_, index) => {
    const name = chance.beside(step * 10 + index).odds(0.3) ? 'write' : 'read';
    const id = `turn-${number}-${step}-${index}`;
    return completionStream.call({ index, id, type: 'function', function: { name, arguments: '{}' } });
  });
  return [...words, ...calls, completionStream.finish('tool_calls'), completionStream.done];
}
