import type { RunBirth } from '../../../../domain/run.js';
import type { RunOutcome, SessionHead } from '../../../../domain/session-head.js';

/** What a session takes without its runs, a run without its texts, an idempotency key, and an event of a journal
 *  without its text: about, as measured. */
export const SESSION_BYTES = 512;
const RUN_BYTES = 2048;
const KEY_BYTES = 384;
export const EVENT_BYTES = 64;

export function runBytes({ request, inherited }: RunBirth): number {
  const { content, choice, switching } = request;
  const rest = choice ?? switching ?? inherited;
  return RUN_BYTES + textBytes(content) + (rest === undefined ? 0 : textBytes(JSON.stringify({ request, inherited })));
}

/** What others have written on a session. */
export function labelBytes({ title = '', metadata }: SessionHead): number {
  return textBytes(title) + (metadata === undefined ? 0 : textBytes(JSON.stringify(metadata)));
}

/** What a run has written, and what became of the calls that it asked for. */
export function outcomeBytes(outcome: RunOutcome | undefined, answer: string): number {
  const asked = outcome?.steps === undefined ? 0 : textBytes(JSON.stringify(outcome.steps));
  return textBytes(answer) + asked;
}

export function keyBytes(idempotencyKey: string | undefined): number {
  return idempotencyKey === undefined ? 0 : KEY_BYTES + textBytes(idempotencyKey);
}

/** What a text takes in memory: one character beyond U+00FF, and each of them takes two bytes. */
export function textBytes(text: string): number {
  return BEYOND_ONE_BYTE.test(text) ? 2 * text.length : text.length;
}

/** The engine knows at once that a text of one byte a character has none. */
const BEYOND_ONE_BYTE = /[\u0100-\uffff]/;
