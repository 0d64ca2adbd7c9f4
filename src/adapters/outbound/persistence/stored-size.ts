import type { Fields } from '../../../domain/fields.js';
import type { TakenBack } from '../../../domain/run.js';
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
