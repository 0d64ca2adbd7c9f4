import type { Step } from '../../../../application/ports/session-ledger.js';
import { writtenBirth, writtenHead, writtenOutcome } from '../ledger-codec.js';
import { endingParts } from './journal-endings.js';
import { Parameters, type Statement } from './parameters.js';
import { isThere, type RunRow } from './session-rows.js';
import type { StoreOptions } from './store-options.js';
import { ago, fromNow, NOW } from './store-time.js';

/** What became of a step. */
export interface StepRow extends RunRow {
  readonly done: boolean;
  /** A journal that stands elsewhere than its ending says. */
  readonly gap: string | null;
  readonly last: number | null;
}

/** A step, whole or not at all, in one statement. Its parts are made in the order of the locks: the session, then its journals.
 *  `step` has a row when the session stands where it was seen, and all else follows from that row. What a part locks it sees as it
 *  is then; what it only reads is as it was when the statement began, so nothing is decided by that. */
export function stepStatement(key: string, step: Step, active: string | undefined, options: StoreOptions): Statement {
  const given = new Parameters();
  const names = { key: given.add(key), head: given.add(writtenHead(step.head)), revision: given.add(step.revision) };
  const parts = new StepParts(given, step, options, names);
  const endings = (step.endings ?? []).length === 0 ? undefined : endingParts(step.endings ?? [], given);
  const changed = step.seen === undefined ? parts.begun() : parts.changed(endings?.stands);
  const ended = endings === undefined ? [] : [endings.closed, endings.written];
  const text = `with ${[...changed, ...parts.records(), ...ended, ...parts.fence(endings !== undefined)].join(', ')}
    select kept.done, gap.run as gap, gap.last, active.birth::text, active.outcome::text
    from (select exists (select from step) as done) as kept
    left join (${endings === undefined ? NO_GAP : GAP}) as gap on true
    left join @runs as active on active.id = ${given.add(active ?? null)}::text`;
  return { text, values: given.values };
}

const GAP = 'select run, last from stands where wanted <> last limit 1';
const NO_GAP = 'select null::text as run, null::int as last';

interface Names {
  readonly key: string;
  readonly head: string;
  readonly revision: string;
}

class StepParts {
  constructor(
    private readonly given: Parameters,
    private readonly step: Step,
    private readonly options: StoreOptions,
    private readonly names: Names,
  ) {}

  /** A session that begins. One that is expired under the same key makes room for it. */
  begun(): readonly string[] {
    const { given, step, names } = this;
    const expired = `sessions.deleted_at is null and sessions.idle_since <= ${ago(given.add(this.options.sessionTtlMilliseconds))}`;
    return [
      `buried as (
        update @sessions as sessions set deleted_at = ${NOW}, due_at = null
        where sessions.key = ${names.key} and ${expired} returning 1
      )`,
      `step as (
        insert into @sessions (key, revision, head, shelves, turns, due_at, idle_since)
        select ${names.key}, ${names.revision}, ${names.head}::json, ${given.add(step.shelves)}::text[],
          ${given.add(this.beginning.length)}::int, ${this.dueAt('null')}, ${this.idleSince}
        from (select count(*) from buried) as before
        on conflict (key) where deleted_at is null do nothing
        returning life, turns
      )`,
    ];
  }

  /** A session that goes on. Where journals end, they are looked at before it is changed. */
  changed(stands: string | undefined): readonly string[] {
    const { given, step, names } = this;
    const isDue = step.onlyIfDue ? `and sessions.due_at <= ${NOW}` : '';
    const stillStands = `sessions.key = ${names.key} and sessions.revision = ${given.add(step.seen)}
      and ${isThere(given.add(this.options.sessionTtlMilliseconds))} ${isDue}`;
    const update = `update @sessions as sessions set revision = ${names.revision}, head = ${names.head}::json,
      turns = sessions.turns + ${given.add(this.beginning.length)}::int,
      due_at = ${this.dueAt('sessions.due_at')}, idle_since = ${this.idleSince}`;
    const returning = 'returning sessions.life, sessions.turns';
    if (stands === undefined) return [`step as (${update} where ${stillStands} ${returning})`];
    return [
      `session as materialized (
        select sessions.life from @sessions as sessions where ${stillStands} for no key update
      )`,
      stands,
      `fitting as materialized (
        select life from session where not exists (select from stands where wanted <> last)
      )`,
      `step as (${update} from fitting where sessions.life = fitting.life ${returning})`,
    ];
  }

  /** What the step says of runs. */
  records(): readonly string[] {
    const { birth, key } = this.step;
    const parts = this.recordsOfOthers();
    if (birth === undefined) return parts;
    const id = this.given.add(birth.id);
    const place = this.given.add(this.placeOf(birth.id));
    const fence = this.given.add(this.step.head.active?.id === birth.id ? this.step.fence : null);
    const born = [
      `born as (
        insert into @runs (id, session, position, birth)
        select ${id}, life, turns - ${place}::int, ${this.given.add(writtenBirth(birth))}::json from step
      )`,
      `opened as (insert into @journals (run, session, fence) select ${id}, life, ${fence}::text from step)`,
    ];
    return [...parts, ...born, ...(key === undefined ? [] : [this.keyed(key, id)])];
  }

  /** The active run's journal is its writer's from now on. Whoever had another one of the session has lost it by then. */
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
      select life, ${this.given.add(key)}, ${id}, ${fromNow(this.given.add(this.options.keyTtlMilliseconds))} from step
      on conflict (session, key) do update set run = excluded.run, until = excluded.until
    )`;
  }

  private get beginning(): readonly string[] {
    return this.step.begun ?? [];
  }

  /** How many turns are behind it, once it has begun. */
  private placeOf(runId: string): number | null {
    const index = this.beginning.indexOf(runId);
    return index === -1 ? null : this.beginning.length - index - 1;
  }

  private dueAt(unchanged: string): string {
    const { dueIn } = this.step;
    if (typeof dueIn === 'number') return fromNow(this.given.add(dueIn));
    return dueIn === 'never' ? 'null' : unchanged;
  }

  private get idleSince(): string {
    return this.step.isIdle ? NOW : 'null';
  }
}
