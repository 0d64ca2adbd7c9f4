import { AnswerDraft, type WholeAnswer } from '../../../../domain/answer-draft.js';
import { jsonSlices } from '../native/json-slices.js';
import type { Filling } from '../send-filled.js';
import { itemOf } from './output-items.js';

/** The items of an output as they stand in JSON, with a comma between them. Of the answer that is known already, only
 *  the texts are read again. */
export function outputFilling(runId: string, { parts }: WholeAnswer): Filling {
  const items = parts.map((part) => itemOf(runId, part.kind === 'call' ? part : { ...part, text: '' }));
  const [first = '', ...others] = JSON.stringify(items).slice(1, -1).split(EMPTY_TEXT);
  // What stands before each text, and what stands behind the last one.
  const between = [first, ...others.map((json) => `"${json}`)];
  const draft = new AnswerDraft(
    {
      begun: ({ kind }) => {
        if (kind !== 'call') reached += 1;
      },
      added: () => undefined,
      ended: () => undefined,
    },
    { text: 0, reasoning: 0 },
  );
  let reached = 0;
  let told = 0;
  return function* (event) {
    draft.add(event);
    while (told < reached) {
      yield `${between[told]}${BEGUN_TEXT}`;
      told += 1;
    }
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') yield* jsonSlices(event.text);
    if (event.type === 'run-end') yield between[told] ?? '';
  };
}

/** Never within a text or the arguments of a call: there, a quote has a backslash before it. */
const EMPTY_TEXT = '"text":""';
const BEGUN_TEXT = '"text":"';
