import type { Continuation } from '../../../domain/continuation.js';
import type { Fields } from '../../../domain/fields.js';
import { ON_BUSY, ON_DISCONNECT, type RunBirth, type RunRequest, type TakenBack } from '../../../domain/run.js';
import { callIn } from './stored-calls.js';
import { choiceIn } from './stored-choice.js';
import {
  countIn,
  fieldListIn,
  fieldsFrom,
  fieldsIn,
  flagIn,
  optionalWordIn,
  textIn,
  textsIn,
  timeIn,
  wordIn,
} from './stored-fields.js';
import { beforeIn } from './stored-size.js';

/** What stores keep of a run from its acceptance on. */

export function writtenBirth(birth: RunBirth): string {
  return JSON.stringify({ ...birth, createdAt: birth.createdAt.getTime() });
}

export function readBirth(json: string): RunBirth {
  const fields = fieldsFrom(json);
  const takesBack = fieldsIn(fields, 'takesBack');
  const continues = fieldsIn(fields, 'continues');
  const inherited = choiceIn(fields, 'inherited');
  return {
    id: textIn(fields, 'id'),
    sessionId: textIn(fields, 'sessionId'),
    ...(fields.userId !== undefined && { userId: textIn(fields, 'userId') }),
    requestId: textIn(fields, 'requestId'),
    request: requestIn(fieldsIn(fields, 'request') ?? {}),
    onDisconnect: wordIn(fields, 'onDisconnect', ON_DISCONNECT),
    createdAt: timeIn(fields, 'createdAt'),
    ...(takesBack && { takesBack: takenBackIn(takesBack) }),
    ...(continues && { continues: continuationIn(continues) }),
    ...(inherited && { inherited }),
    ...(fields.switchedFrom !== undefined && { switchedFrom: textIn(fields, 'switchedFrom') }),
  };
}

function requestIn(fields: Fields): RunRequest {
  const choice = choiceIn(fields, 'choice');
  const switching = fieldsIn(fields, 'switching');
  return {
    content: textIn(fields, 'content'),
    onBusy: optionalWordIn(fields, 'onBusy', ON_BUSY),
    onDisconnect: optionalWordIn(fields, 'onDisconnect', ON_DISCONNECT),
    ...(fields.replaces !== undefined && { replaces: textIn(fields, 'replaces') }),
    ...(fields.asksAgain !== undefined && { asksAgain: flagIn(fields, 'asksAgain') }),
    ...(fields.settles !== undefined && { settles: textsIn(fields, 'settles') }),
    ...(choice && { choice }),
    ...(switching && { switching: switching.reason === undefined ? {} : { reason: textIn(switching, 'reason') } }),
  };
}

function takenBackIn(fields: Fields): TakenBack {
  return { from: textIn(fields, 'from'), ...beforeIn(fields) };
}

function continuationIn(fields: Fields): Continuation {
  const { allowed } = fields;
  return {
    after: textIn(fields, 'after'),
    turn: textIn(fields, 'turn'),
    steps: countIn(fields, 'steps'),
    ...(allowed !== undefined && { allowed: fieldListIn(fields, 'allowed').map(callIn) }),
  };
}
