import type { Step } from '../../../../application/ports/session-ledger.js';
import type { RunBirth } from '../../../../domain/run.js';
import { writtenOutcome } from '../ledger-codec.js';
import { writtenBirth } from '../stored-birth.js';
import type { Parameters } from './parameters.js';
import { fromNow, NOW } from './store-time.js';

/** The parts of a step's statement that write runs and their journals. They follow from the part named `step`, which
 *  has changed the session. */
export class StepRecords {
  constructor(
    private readonly given: Parameters,
    private readonly step: Step,
    private readonly keyTtlMilliseconds: number,
  ) {}

  /** Writes the new run, the runs that begin, and the runs that end. */
  runs(): readonly string[] {
    const { birth, key, brought } = this.step;
    // They have statements of their own.
    if (brought !== undefined) return [];
    const parts = this.recordsOfOthers();
    if (birth === undefined) return parts;
    const id = this.given.add(birth.id);
    const isOver = this.step.outcomes?.some(({ runId }) => runId === birth.id) ?? false;
    const born = isOver ? this.bornOver(birth, id) : this.born(birth, id);
    return [...parts, ...born, ...(key === undefined ? [] : [this.keyed(key, id)])];
  }

  private born(birth: RunBirth, id: string): readonly string[] {
    const place = this.given.add(this.placeOf(birth.id));
    const fence = this.given.add(this.step.head.active?.id === birth.id ? this.step.fence : null);
    return [
      `born as (
        insert into @runs (id, session, position, birth)
        select ${id}, life, turns - ${place}::int, ${this.given.add(writtenBirth(birth))}::json from step
      )`,
      `opened as (insert into @journals (run, session, fence) select ${id}, life, ${fence}::text from step)`,
    ];
  }

  /** Writes a run that ends with the step that it begins with. Nobody ever writes its journal. */
  private bornOver(birth: RunBirth, id: string): readonly string[] {
    const { outcomes = [], endings = [] } = this.step;
    const ended = outcomes.find(({ runId }) => runId === birth.id);
    const events = endings.flatMap((ending) => (ending.runId === birth.id ? ending.events : []));
    const texts = this.given.add(events.map((event) => JSON.stringify(event)));
    const given = [
      this.given.add(this.placeOf(birth.id)),
      this.given.add(writtenBirth(birth)),
      this.given.add(ended && writtenOutcome(ended.outcome)),
      this.given.add(ended?.answer || null),
    ];
    return [
      `born as (
        insert into @runs (id, session, position, birth, outcome, answer)
        select ${id}, life, turns - ${given[0]}::int, ${given[1]}::json, ${given[2]}::json, ${given[3]}::text from step
      )`,
      `opened as (
        insert into @journals (run, session, last_sequence, closed_at)
        select ${id}, life, cardinality(${texts}::text[]), ${NOW} from step
      )`,
      `told as (
        insert into @events (run, sequence, ending)
        select ${id}, event.place, event.text from step, unnest(${texts}::text[]) with ordinality as event (text, place)
      )`,
    ];
  }

  /** Gives the journal of the active run to its writer. Closes the journal of the writer before first, where there
   *  is one. */
  fence(afterClosing: boolean): readonly string[] {
    const { head, fence, birth } = this.step;
    if (head.active === undefined || head.active.id === birth?.id) return [];
    const name = `${this.given.add(fence ?? null)}::text`;
    return [
      `fenced as (
        update @journals as journals set fence = ${name}
        from step ${afterClosing ? ', (select count(*) from closed) as before' : ''}
        where journals.run = ${this.given.add(head.active.id)} and journals.session = step.life
          and journals.fence is distinct from ${name}
      )`,
    ];
  }

  private recordsOfOthers(): readonly string[] {
    const { outcomes = [], birth } = this.step;
    const ids = new Set([...this.beginning, ...outcomes.map(({ runId }) => runId)]);
    const runs = [...ids].filter((id) => id !== birth?.id);
    if (runs.length === 0) return [];
    const ended = new Map(
      outcomes.map(({ runId, outcome, answer }) => [runId, [writtenOutcome(outcome), answer || null]]),
    );
    const given = [
      this.given.add(runs),
      this.given.add(runs.map((id) => this.placeOf(id))),
      this.given.add(runs.map((id) => ended.get(id)?.[0] ?? null)),
      this.given.add(runs.map((id) => ended.get(id)?.[1] ?? null)),
    ];
    return [
      `recorded as (
        update @runs as runs set position = coalesce(step.turns - one.place, runs.position),
          outcome = coalesce(one.outcome::json, runs.outcome), answer = coalesce(one.answer, runs.answer)
        from step, unnest(${given[0]}::text[], ${given[1]}::int[], ${given[2]}::text[], ${given[3]}::text[])
          as one (id, place, outcome, answer)
        where runs.id = one.id and runs.session = step.life
      )`,
    ];
  }

  private keyed(key: string, id: string): string {
    return `keyed as (
      insert into @keys (session, key, run, until)
      select life, ${this.given.add(key)}, ${id}, ${fromNow(this.given.add(this.keyTtlMilliseconds))} from step
      on conflict (session, key) do update set run = excluded.run, until = excluded.until
    )`;
  }

  private get beginning(): readonly string[] {
    return this.step.begun ?? [];
  }

  /** How many turns stand before it, once it has begun. */
  private placeOf(runId: string): number | null {
    const index = this.beginning.indexOf(runId);
    return index === -1 ? null : this.beginning.length - index - 1;
  }
}
