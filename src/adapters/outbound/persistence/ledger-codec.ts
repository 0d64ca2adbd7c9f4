import type { ErrorCode } from '../../../domain/errors.js';
import type { Fields } from '../../../domain/fields.js';
import { FINISH_REASONS, type RunError, type RunProgress, STOP_CAUSES } from '../../../domain/run.js';
import type { RunEnd, RunFailure, UsageTold } from '../../../domain/run-event.js';
import type { ActiveRun, Rewind, RunOutcome, SessionHead } from '../../../domain/session-head.js';
import { stepsIn, waitingIn, writtenSteps, writtenWaiting } from './stored-calls.js';
import { tokenCountsIn } from './stored-counts.js';
import {
  countIn,
  countsIn,
  fieldListIn,
  fieldsFrom,
  fieldsIn,
  flagIn,
  optionalTextIn,
  optionalWordIn,
  textIn,
  textsIn,
  timeIn,
  UnreadableRecord,
  wordIn,
} from './stored-fields.js';
import { labelsIn } from './stored-labels.js';
import { beforeIn, contextIn, sizeIn } from './stored-size.js';
import { usageFrom, usageIn } from './stored-usage.js';

/** Stores keep heads and records as JSON, with times in milliseconds. A field that is added later is optional here,
 *  so that no store changes for it. */

/** Keeps the fields that a newer version wrote. The head carries them, though this version has no names for them. */
export function writtenHead(head: SessionHead): string {
  const { createdAt, updatedAt, waiting } = head;
  const times = { createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() };
  return JSON.stringify({ ...head, ...times, ...(waiting && { waiting: writtenWaiting(waiting) }) });
}

export function readHead(json: string): SessionHead {
  const fields = fieldsFrom(json);
  return {
    ...fields,
    id: textIn(fields, 'id'),
    ...(fields.userId !== undefined && { userId: textIn(fields, 'userId') }),
    createdAt: timeIn(fields, 'createdAt'),
    updatedAt: timeIn(fields, 'updatedAt'),
    ...(fields.formerUpdates !== undefined && { formerUpdates: countsIn(fields, 'formerUpdates') }),
    messageCount: countIn(fields, 'messageCount'),
    active: activeIn(fieldsIn(fields, 'active')),
    queue: textsIn(fields, 'queue'),
    stopped: textsIn(fields, 'stopped'),
    ...(fields.rewinds !== undefined && { rewinds: fieldListIn(fields, 'rewinds').map(rewindIn) }),
    ...(fields.waiting !== undefined && { waiting: waitingIn(fieldsIn(fields, 'waiting')) }),
    ...(fields.wasRewound !== undefined && { wasRewound: flagIn(fields, 'wasRewound') }),
    ...(fields.isUnlisted !== undefined && { isUnlisted: flagIn(fields, 'isUnlisted') }),
    ...(fields.agent !== undefined && { agent: textIn(fields, 'agent') }),
    ...(fields.size !== undefined && { size: sizeIn(fieldsIn(fields, 'size')) }),
    ...labelsIn(fields),
  };
}

function rewindIn(fields: Fields): Rewind {
  return { runId: textIn(fields, 'runId'), ...beforeIn(fields) };
}

function activeIn(fields: Fields | undefined): ActiveRun | undefined {
  return (
    fields && { ...fields, id: textIn(fields, 'id'), ...progressIn(fields), writer: optionalTextIn(fields, 'writer') }
  );
}

export function writtenOutcome(outcome: RunOutcome): string {
  const { steps } = outcome;
  return JSON.stringify({ ...outcome, at: outcome.at.getTime(), ...(steps && { steps: writtenSteps(steps) }) });
}

export function readOutcome(json: string): RunOutcome {
  const fields = fieldsFrom(json);
  return {
    finishReason: wordIn(fields, 'finishReason', FINISH_REASONS),
    usage: usageIn(fieldsIn(fields, 'usage')),
    error: errorIn(fieldsIn(fields, 'error')),
    at: timeIn(fields, 'at'),
    ...progressIn(fields),
    ...tokenCountsIn(fieldsIn(fields, 'counts')),
    next: optionalTextIn(fields, 'next'),
    ...(fields.steps !== undefined && { steps: stepsIn(fields) }),
    ...(fields.isRefused !== undefined && { isRefused: flagIn(fields, 'isRefused') }),
    ...(fields.isForgotten !== undefined && { isForgotten: flagIn(fields, 'isForgotten') }),
    ...(fields.continuedBy !== undefined && { continuedBy: textIn(fields, 'continuedBy') }),
  };
}

function progressIn(fields: Fields) {
  return {
    attempts: countIn(fields, 'attempts'),
    epoch: countIn(fields, 'epoch'),
    stopCause: optionalWordIn(fields, 'stopCause', STOP_CAUSES),
    ...modelIn(fields),
    ...contextIn(fieldsIn(fields, 'context')),
  };
}

/** Undefined is left out of what is written. */
function modelIn(fields: Fields): Pick<RunProgress, 'model'> {
  return fields.model === undefined ? {} : { model: textIn(fields, 'model') };
}

function errorIn(fields: Fields | undefined): RunError | undefined {
  return fields && errorFrom(fields);
}

function errorFrom(fields: Fields): RunError {
  const code = textIn(fields, 'code');
  if (!isErrorCode(code)) throw new UnreadableRecord('An error in a record of a session has no code.');
  return { code, message: textIn(fields, 'message'), retryable: flagIn(fields, 'retryable') };
}

/** An event that is no token chunk, from its JSON. */
export function readEndEvent(json: string): UsageTold | RunFailure | RunEnd {
  const fields = fieldsFrom(json);
  const type = wordIn(fields, 'type', ['usage', 'run-failure', 'run-end']);
  const sequence = countIn(fields, 'sequence');
  if (type === 'usage') return { type, sequence, usage: usageFrom(fieldsIn(fields, 'usage') ?? {}) };
  if (type === 'run-failure') return { type, sequence, ...errorFrom(fields) };
  const finishReason = wordIn(fields, 'finishReason', FINISH_REASONS);
  const at = optionalTextIn(fields, 'at');
  const known = { ...modelIn(fields), ...(at !== undefined && { at: new Date(at) }) };
  return { type, sequence, finishReason, usage: usageIn(fieldsIn(fields, 'usage')), ...known };
}

/** A newer version may know codes that this one does not. */
function isErrorCode(code: string): code is ErrorCode {
  return code !== '';
}
