import type { Fields } from '../../../domain/fields.js';
import type { RunProgress, TakenBack } from '../../../domain/run.js';
import type { SessionSize } from '../../../domain/session-size.js';
import { countIn, fieldsIn, optionalTextIn, textIn } from './stored-fields.js';
import { usageFrom } from './stored-usage.js';

/** The message that takes turns back remembers what stood before them. */
export function beforeIn(fields: Fields): Omit<TakenBack, 'from'> {
  const messagesBefore = countIn(fields, 'messagesBefore');
  if (fields.bytesBefore === undefined || fields.untoldBefore === undefined) return { messagesBefore };
  const [bytesBefore, untoldBefore] = [countIn(fields, 'bytesBefore'), countIn(fields, 'untoldBefore')];
  const title = optionalTextIn(fields, 'title');
  return { messagesBefore, bytesBefore, untoldBefore, ...(title !== undefined && { title }) };
}

/** The size of a history. Other fields that a newer version wrote here are dropped, because they may no longer hold
 *  after a step of this version. */
export function sizeIn(fields: Fields | undefined): SessionSize | undefined {
  if (fields === undefined) return undefined;
  const waiting = fieldsIn(fields, 'waiting') ?? {};
  const sizes = Object.keys(waiting).map((runId) => [runId, countIn(waiting, runId)]);
  return {
    bytes: countIn(fields, 'bytes'),
    untold: countIn(fields, 'untold'),
    waiting: Object.fromEntries(sizes),
    ...outlineIn(fieldsIn(fields, 'outline')),
  };
}

function outlineIn(fields: Fields | undefined): Pick<SessionSize, 'outline'> {
  if (fields === undefined) return {};
  const waiting = fieldsIn(fields, 'waiting') ?? {};
  const words = Object.keys(waiting).map((runId) => [runId, textIn(waiting, runId)]);
  return {
    outline: {
      title: optionalTextIn(fields, 'title'),
      last: textIn(fields, 'last'),
      waiting: Object.fromEntries(words),
      usage: usageFrom(fieldsIn(fields, 'usage') ?? {}),
    },
  };
}

/** What a prompt held. */
export function contextIn(fields: Fields | undefined): Pick<RunProgress, 'context'> {
  if (fields === undefined) return {};
  const tokens = fields.tokens === undefined ? undefined : countIn(fields, 'tokens');
  return { context: { messages: countIn(fields, 'messages'), leftOut: countIn(fields, 'leftOut'), tokens } };
}
