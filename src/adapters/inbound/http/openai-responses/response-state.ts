import type { WholeAnswer } from '../../../../domain/answer-draft.js';
import { itemOf } from './output-items.js';
import { endingOf } from './response-ending.js';
import type { ResponseState } from './response-view.js';

/** A response whose run has ended. */
export function stateOf(runId: string, { parts, end, failure }: WholeAnswer): ResponseState {
  return { ...endingOf(end, failure), output: parts.map((part) => itemOf(runId, part)) };
}
