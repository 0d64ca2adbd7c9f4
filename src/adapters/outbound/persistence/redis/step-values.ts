import type { Step, Wanted } from '../../../../application/ports/session-ledger.js';
import type { EndedRecord, JournalEnding } from '../../../../domain/session-change.js';
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

/** Names and values in turn. Some stand beside the head, since the scripts need them. */
function fieldsOf(step: Step): Values {
  const { birth, outcomes = [] } = step;
  const born = birth === undefined ? [] : [`${birth.id}:birth`, writtenBirth(birth), `${birth.id}:last`, 0];
  return [...headFields(step), ...born, ...outcomes.flatMap(outcomeFields)];
}

function headFields({ revision, head, fence = '', seen, shelves }: Step): Values {
  const fields = ['rev', revision, 'head', writtenHead(head), 'fence', fence, 'active', head.active?.id ?? ''];
  return seen === undefined ? [...fields, 'createdAt', head.createdAt.getTime(), ...standing(shelves)] : fields;
}

/** What a session that is brought has besides its runs. It is not due. */
export function sessionFields(step: Step): Values {
  return [...headFields(step), 'due', '', 'turns', step.begun?.length ?? 0];
}

/** What such a session has of each run. */
export function* broughtFields({ brought = [], begun = [], outcomes = [] }: Step): Generator<Values, void, undefined> {
  const ended = new Map(outcomes.map((record) => [record.runId, record]));
  const places = new Map(begun.map((id, index) => [id, index + 1]));
  for (const birth of brought) {
    const [record, place] = [ended.get(birth.id), places.get(birth.id)];
    // A last event without a journal: it is no longer kept.
    const fields = [`${birth.id}:birth`, writtenBirth(birth), `${birth.id}:last`, 1];
    const turn = place === undefined ? [] : [`${birth.id}:place`, place, `turn:${place}`, birth.id];
    yield [...fields, ...turn, ...(record === undefined ? [] : outcomeFields(record))];
  }
}

function outcomeFields({ runId, outcome, answer }: EndedRecord): Values {
  const written = [`${runId}:outcome`, writtenOutcome(outcome)];
  return answer === '' ? written : [...written, `${runId}:answer`, answer];
}

/** A replica of the version before lists every session, and writes neither field. */
function standing(shelves: readonly string[]): Values {
  const besides = ['shelves', JSON.stringify(shelves.filter((name) => name !== ''))];
  return shelves.includes('') ? besides : [...besides, 'unlisted', 1];
}

function flag(is: boolean): string {
  return is ? '1' : '';
}
