import type { Step } from '../../../../application/ports/session-ledger.js';
import type { RunBirth } from '../../../../domain/run.js';
import type { EndedRecord } from '../../../../domain/session-change.js';
import { writtenOutcome } from '../ledger-codec.js';
import { writtenBirth } from '../stored-birth.js';
import type { Statement } from './parameters.js';
import { NOW } from './store-time.js';

/** What one statement is given: it must come to its end in a statement's time. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_RUNS = 1000;

/** The runs that a step brings to a session that it has begun, with their outcomes, in statements of bounded size. They
 *  come without journals. */
export function* broughtStatements(key: string, step: Step): Generator<Statement, void, undefined> {
  const { brought = [], begun = [], outcomes = [], revision } = step;
  const ended = new Map(outcomes.map((record) => [record.runId, record]));
  const behind = new Map(begun.map((id, index) => [id, begun.length - index - 1]));
  let rows: Row[] = [];
  let characters = 0;
  for (const birth of brought) {
    const row = rowOf(birth, behind.get(birth.id), ended.get(birth.id));
    rows.push(row);
    characters += sizeOf(row);
    if (characters < MAX_CHARACTERS && rows.length < MAX_RUNS) continue;
    yield statementOf(key, revision, rows);
    [rows, characters] = [[], 0];
  }
  if (rows.length > 0) yield statementOf(key, revision, rows);
}

interface Row {
  readonly id: string;
  /** How many turns are behind it. */
  readonly place: number | null;
  readonly birth: string;
  readonly outcome: string | null;
  readonly answer: string | null;
}

function rowOf(birth: RunBirth, place: number | undefined, ended: EndedRecord | undefined): Row {
  const outcome = ended === undefined ? null : writtenOutcome(ended.outcome);
  return { id: birth.id, place: place ?? null, birth: writtenBirth(birth), outcome, answer: ended?.answer || null };
}

function sizeOf({ birth, outcome, answer }: Row): number {
  return birth.length + (outcome?.length ?? 0) + (answer?.length ?? 0);
}

const TEXT = `with step as (select life, turns from @sessions where key = $1 and revision = $2 and deleted_at is null),
  born as (
    insert into @runs (id, session, position, birth, outcome, answer)
    select one.id, life, turns - one.place, one.birth::json, one.outcome::json, one.answer
    from step, unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
      as one (id, place, birth, outcome, answer)
  )
  insert into @journals (run, session, closed_at, is_kept)
  select one.id, life, ${NOW}, false from step, unnest($3::text[]) as one (id)`;

function statementOf(key: string, revision: string, rows: readonly Row[]): Statement {
  const columns = [
    rows.map(({ id }) => id),
    rows.map(({ place }) => place),
    rows.map(({ birth }) => birth),
    rows.map(({ outcome }) => outcome),
    rows.map(({ answer }) => answer),
  ];
  return { text: TEXT, values: [key, revision, ...columns] };
}
