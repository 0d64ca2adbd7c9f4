import type { RunProgress } from '../../../../domain/run.js';
import type { ActiveRun, RunOutcome } from '../../../../domain/session-head.js';
import { writtenBirth, writtenOutcome } from '../ledger-codec.js';
import {
  parseRequest,
  parseRunError,
  parseUsage,
  storedFinishReason,
  storedOnDisconnect,
  storedStopCause,
} from '../stored-shapes.js';

/** The fields of a session as the version before kept it: its own, and `<run>:<field>` of each of its runs. */
export type FormerFields = Readonly<Record<string, string>>;

/** The records of a run: names of fields and their values, in turn. */
export function formerRun(sessionId: string, id: string, fields: FormerFields): readonly string[] {
  const { requestId = '', request = '', onDisconnect, createdAt, last = '0' } = ownFields(id, fields);
  const birth = writtenBirth({
    id,
    sessionId,
    requestId,
    request: parseRequest(request),
    onDisconnect: storedOnDisconnect.parse(onDisconnect),
    createdAt: new Date(Number(createdAt)),
  });
  const kept = [`${id}:birth`, birth, `${id}:last`, last];
  return isEnded(id, fields) ? [...kept, `${id}:outcome`, writtenOutcome(outcomeOf(id, fields))] : kept;
}

/** The active run. Its writer was of the version before, and is gone. */
export function formerActive(fields: FormerFields): ActiveRun | undefined {
  const id = fields.active;
  return id === undefined ? undefined : { id, ...progressOf(id, fields), writer: undefined };
}

export function isEnded(id: string, fields: FormerFields): boolean {
  return fields[`${id}:status`] === 'ended';
}

function outcomeOf(id: string, fields: FormerFields): RunOutcome {
  const { finishReason, usage, error, endedAt, next } = ownFields(id, fields);
  return {
    finishReason: storedFinishReason.parse(finishReason),
    usage: usage === undefined ? undefined : parseUsage(usage),
    error: error === undefined ? undefined : parseRunError(error),
    at: new Date(Number(endedAt)),
    ...progressOf(id, fields),
    next,
  };
}

function progressOf(id: string, fields: FormerFields): RunProgress {
  const { attempts = 0, epoch = 0, stop } = ownFields(id, fields);
  return {
    attempts: Number(attempts),
    epoch: Number(epoch),
    stopCause: storedStopCause.optional().parse(stop),
  };
}

const NAMES = [
  ...['requestId', 'request', 'onDisconnect', 'createdAt', 'last', 'attempts', 'epoch', 'stop'],
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
