import { textOf } from './facts.js';
import type { FinalRun, ModelCall, SentMessage, StoredMessage } from './history.js';

/** A run with what belongs to it, before clients read it. */
export interface SimulatedRun extends FinalRun {
  readonly message: SentMessage;
  readonly calls: readonly ModelCall[];
  readonly endedAt: number;
}

const STATUS_OF_ANSWER: Readonly<Record<string, string>> = { stop: 'complete', error: 'failed' };

/** Its entries in the history. */
export function storedMessages({
  id: run,
  message,
  journal,
  finishReason = '',
}: SimulatedRun): readonly StoredMessage[] {
  const question: StoredMessage = { role: 'user', content: message.content, status: 'complete', run };
  const content = textOf(journal);
  const status = STATUS_OF_ANSWER[finishReason] ?? finishReason;
  return content === '' ? [question] : [question, { role: 'assistant', content, status, run }];
}
