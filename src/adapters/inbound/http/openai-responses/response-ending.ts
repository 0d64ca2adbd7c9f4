import type { FinishReason } from '../../../../domain/run.js';
import type { RunEnd, RunFailure } from '../../../../domain/run-event.js';
import { badEndingOf } from '../openai/openai-ending.js';
import type { ResponseState } from './response-view.js';

type Ending = Omit<ResponseState, 'output'>;

/** What a run's ending makes of its response. */
export function endingOf(end: RunEnd, failure: RunFailure | undefined): Ending {
  const { finishReason, usage, at: completedAt } = end;
  if (finishReason === 'error') return { status: 'failed', usage, error: sentenceOf(end, failure) };
  const incompleteReason = INCOMPLETE[finishReason];
  if (incompleteReason === undefined) return { status: 'completed', usage, completedAt };
  return { status: finishReason === 'cancelled' ? 'cancelled' : 'incomplete', usage, incompleteReason };
}

/** The last event: clients know no other, and one of a made-up name breaks them. */
export function lastEventOf({ status }: ResponseState): string {
  if (status === 'completed' || status === 'failed') return `response.${status}`;
  return 'response.incomplete';
}

const INCOMPLETE: Readonly<Partial<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** The only code that clients know for this is `server_error`: ours stands behind the sentence. */
function sentenceOf(end: RunEnd, failure: RunFailure | undefined): string {
  const { message, code } = badEndingOf(end, failure) ?? { message: 'The run failed.', code: 'run_failed' };
  return `${message} (${code})`;
}
