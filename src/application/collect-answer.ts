import { AnswerDraft, type WholeAnswer } from '../domain/answer-draft.js';
import type { ReadableRun } from './run-replay.js';

/** What is kept of an answer while it is written. A longer one is read again when it is told. */
const KEPT_CHARACTERS = 64 * 1024;

/** Reads a run to its end. What is too long to be kept for a reader that may take its time is left out.
 *  Undefined when the events stopped before the ending, or `signal` aborts: the client has left. */
export async function collectAnswer({ read }: ReadableRun, signal: AbortSignal): Promise<WholeAnswer | undefined> {
  const draft = new AnswerDraft(undefined, { text: KEPT_CHARACTERS, reasoning: KEPT_CHARACTERS });
  await read(signal, (batch) => {
    for (const event of batch) draft.add(event);
    return undefined;
  });
  return draft.answer;
}
