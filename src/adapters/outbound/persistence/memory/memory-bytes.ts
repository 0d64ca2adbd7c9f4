import type { RunBirth } from '../../../../domain/run.js';
import type { RunOutcome, SessionHead } from '../../../../domain/session-head.js';

/** Measured sizes, roughly: a session without its runs, a run without its texts, an idempotency key, and an event
 *  without its text. */
export const SESSION_BYTES = 512;
const RUN_BYTES = 2048;
const KEY_BYTES = 384;
const COUNT_BYTES = 128;
export const EVENT_BYTES = 64;

export function runBytes({ request, inherited }: RunBirth): number {
  const { content, choice, switching } = request;
  const rest = choice ?? switching ?? inherited;
  return RUN_BYTES + textBytes(content) + (rest === undefined ? 0 : textBytes(JSON.stringify({ request, inherited })));
}

/** What clients have written on a session. */
export function labelBytes({ title = '', metadata }: SessionHead): number {
  return textBytes(title) + (metadata === undefined ? 0 : textBytes(JSON.stringify(metadata)));
}

/** What a run wrote, and what became of the calls that it asked for. */
export function outcomeBytes(outcome: RunOutcome | undefined, answer: string): number {
  const asked = outcome?.steps === undefined ? 0 : textBytes(JSON.stringify(outcome.steps));
  const counted = outcome?.counts === undefined ? 0 : COUNT_BYTES * Object.keys(outcome.counts.of).length;
  return textBytes(answer) + asked + counted;
}

export function keyBytes(idempotencyKey: string | undefined): number {
  return idempotencyKey === undefined ? 0 : KEY_BYTES + textBytes(idempotencyKey);
}

/** The engine keeps two bytes for each character of a text as soon as one of them lies beyond U+00FF. */
export function textBytes(text: string): number {
  return BEYOND_ONE_BYTE.test(text) ? 2 * text.length : text.length;
}

/** For a text of one byte a character, the engine answers this without a search. */
const BEYOND_ONE_BYTE = /[\u0100-\uffff]/;
