import { type RunProgress, STOP_CAUSES } from '../../../../domain/run.js';
import type { ActiveRun } from '../../../../domain/session-head.js';
import { readOutcome, writtenOutcome } from '../ledger-codec.js';
import { readBirth, writtenBirth } from '../stored-birth.js';
import { optionalWordIn } from '../stored-fields.js';

/** The fields of a session as the version before kept it: its own, and `<run>:<field>` of each of its runs. */
export type FormerFields = Readonly<Record<string, string>>;

/** The records of a run, as names of fields and their values in turn. The codec of today finds what is broken in
 *  them. */
export function formerRun(sessionId: string, id: string, fields: FormerFields): readonly string[] {
  const { requestId = '', request = '', onDisconnect, createdAt, last = '0' } = ownFields(id, fields);
  const asked = { request: JSON.parse(request), onDisconnect, createdAt: Number(createdAt) };
  const birth = readBirth(JSON.stringify({ id, sessionId, requestId, ...asked }));
  const kept = [`${id}:birth`, writtenBirth(birth), `${id}:last`, last];
  return isEnded(id, fields) ? [...kept, `${id}:outcome`, outcomeOf(id, fields)] : kept;
}

/** The active run. Its writer was of the version before, and no longer lives. */
export function formerActive(fields: FormerFields): ActiveRun | undefined {
  const id = fields.active;
  return id === undefined ? undefined : { id, ...progressOf(id, fields), writer: undefined };
}

export function isEnded(id: string, fields: FormerFields): boolean {
  return fields[`${id}:status`] === 'ended';
}

function outcomeOf(id: string, fields: FormerFields): string {
  const { finishReason, usage = 'null', error = 'null', endedAt, next } = ownFields(id, fields);
  const parsed = { usage: JSON.parse(usage), error: JSON.parse(error) };
  const ending = { finishReason, ...parsed, at: Number(endedAt), ...progressOf(id, fields), next };
  return writtenOutcome(readOutcome(JSON.stringify(ending)));
}

function progressOf(id: string, fields: FormerFields): RunProgress {
  const { attempts = 0, epoch = 0 } = ownFields(id, fields);
  return {
    attempts: Number(attempts),
    epoch: Number(epoch),
    stopCause: optionalWordIn(fields, `${id}:stop`, STOP_CAUSES),
  };
}

const NAMES = [
  ...['requestId', 'request', 'onDisconnect', 'createdAt', 'last', 'attempts', 'epoch'],
  ...['finishReason', 'usage', 'error', 'endedAt', 'next'],
];

function ownFields(id: string, fields: FormerFields): FormerFields {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = fields[`${id}:${name}`];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
