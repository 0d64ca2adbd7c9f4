import type { Step, Wanted } from '../../../../application/ports/session-ledger.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import { writtenHead, writtenOutcome } from '../ledger-codec.js';
import { writtenBirth } from '../stored-birth.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisTimes } from './redis-times.js';

type Values = readonly (string | number)[];

/** The arguments with which the script makes a step. */
export function stepValues(key: string, step: Step, wanted: Wanted, keys: RedisKeys, times: RedisTimes): Values {
  const { seen = '', revision, onlyIfDue, dueIn, isIdle, birth, asked, begun = [], endings = [] } = step;
  const { runs = [], active = false } = wanted;
  return [
    ...[seen, revision, flag(onlyIfDue), dueIn, isIdle ? times.idle : times.busy],
    ...[step.key === undefined ? '' : (birth?.id ?? ''), times.idempotencyKey],
    ...[keys.journals(key), keys.news, times.journal],
    ...askedValues(asked, keys),
    flag(active),
    ...listed(runs),
    ...listed(begun),
    ...endingValues(endings),
    ...listed(fieldsOf(step)),
  ];
}

/** The channel of a run's writer, and the run. */
export function askedValues(asked: { id: string; writer: string | undefined } | undefined, keys: RedisKeys): Values {
  return asked?.writer === undefined ? ['', ''] : [keys.process(asked.writer), asked.id];
}

/** Events of a journal that may stand anywhere have no numbers yet. They get those of their entries in the stream. */
export function endingValues(endings: readonly JournalEnding[]): Values {
  const values = endings.flatMap(({ runId, after = '', events }) => [
    runId,
    after,
    ...listed(events.map((event) => JSON.stringify(event))),
  ]);
  return [endings.length, ...values];
}

export function listed(values: Values): Values {
  return [values.length, ...values];
}

/** Names and values, in turn. Some facts of the head have fields of their own, because the scripts need them. */
function fieldsOf({ revision, head, fence = '', seen, shelves, birth, brought = [], outcomes = [] }: Step): Values {
  const fields: (string | number)[] = ['rev', revision, 'head', writtenHead(head), 'fence', fence];
  fields.push('active', head.active?.id ?? '');
  if (seen === undefined) fields.push('createdAt', head.createdAt.getTime(), ...standing(shelves));
  if (birth !== undefined) fields.push(`${birth.id}:birth`, writtenBirth(birth), `${birth.id}:last`, 0);
  // A run from elsewhere has a last event and no journal.
  for (const one of brought) fields.push(`${one.id}:birth`, writtenBirth(one), `${one.id}:last`, 1);
  for (const { runId, outcome, answer } of outcomes) {
    fields.push(`${runId}:outcome`, writtenOutcome(outcome));
    if (answer !== '') fields.push(`${runId}:answer`, answer);
  }
  return fields;
}

/** A replica of the version before lists every session, and writes neither field. */
function standing(shelves: readonly string[]): Values {
  const besides = ['shelves', JSON.stringify(shelves.filter((name) => name !== ''))];
  return shelves.includes('') ? besides : [...besides, 'unlisted', 1];
}

function flag(is: boolean): string {
  return is ? '1' : '';
}
