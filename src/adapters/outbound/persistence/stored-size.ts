import type { Fields } from '../../../domain/fields.js';
import type { RunProgress, TakenBack } from '../../../domain/run.js';
import type { SessionSize } from '../../../domain/session-size.js';
import { countIn, fieldsIn } from './stored-fields.js';

/** What stands before a message that takes turns back. */
export function beforeIn(fields: Fields): Omit<TakenBack, 'from'> {
  const messagesBefore = countIn(fields, 'messagesBefore');
  if (fields.bytesBefore === undefined || fields.untoldBefore === undefined) return { messagesBefore };
  return { messagesBefore, bytesBefore: countIn(fields, 'bytesBefore'), untoldBefore: countIn(fields, 'untoldBefore') };
}

/** What a history takes. */
export function sizeIn(fields: Fields | undefined): SessionSize | undefined {
  if (fields === undefined) return undefined;
  const waiting = fieldsIn(fields, 'waiting') ?? {};
  const sizes = Object.keys(waiting).map((runId) => [runId, countIn(waiting, runId)]);
  return { bytes: countIn(fields, 'bytes'), untold: countIn(fields, 'untold'), waiting: Object.fromEntries(sizes) };
}

/** What a prompt held. */
export function contextIn(fields: Fields | undefined): Pick<RunProgress, 'context'> {
  if (fields === undefined) return {};
  const tokens = fields.tokens === undefined ? undefined : countIn(fields, 'tokens');
  return { context: { messages: countIn(fields, 'messages'), leftOut: countIn(fields, 'leftOut'), tokens } };
}
