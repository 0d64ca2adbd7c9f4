import type { Step } from '../../../../application/ports/session-ledger.js';
import { writtenHead } from '../ledger-codec.js';
import { endingParts } from './journal-endings.js';
import { Parameters, type Statement } from './parameters.js';
import { isThere, type RunRow } from './session-rows.js';
import { StepRecords } from './step-records.js';
import type { StoreOptions } from './store-options.js';
import { ago, fromNow, NOW } from './store-time.js';

/** What became of a step. */
export interface StepRow extends RunRow {
  readonly done: boolean;
  /** A journal that stands elsewhere than its ending says. */
  readonly gap: string | null;
  readonly last: number | null;
}

/** Makes a step in one statement, whole or not at all. Its parts lock in one order: the session, then its journals.
 *  The part named `step` has a row when the session stands where it was seen, and all other parts follow from that
 *  row. A part sees what it locks as it is at that moment. It sees what it only reads as it was when the statement
 *  began, so nothing is decided by such a read. */
export function stepStatement(key: string, step: Step, active: string | undefined, options: StoreOptions): Statement {
  const given = new Parameters();
  const session = new SessionPart(given, key, step, options.sessionTtlMilliseconds);
  const records = new StepRecords(given, step, options.keyTtlMilliseconds);
  // A run that is born with the step has no journal yet that could be locked.
  const closing = (step.endings ?? []).filter(({ runId }) => runId !== step.birth?.id);
  const endings = closing.length === 0 ? undefined : endingParts(closing, given);
  const changed = step.seen === undefined ? session.begun() : session.changed(endings?.stands);
  const ended = endings === undefined ? [] : [endings.closed, endings.written];
  const parts = [...changed, ...records.runs(), ...ended, ...records.fence(endings !== undefined)];
  const text = `with ${parts.join(', ')}
    select kept.done, gap.run as gap, gap.last, active.birth::text, active.outcome::text
    from (select exists (select from step) as done) as kept
    left join (${endings === undefined ? NO_GAP : GAP}) as gap on true
    left join @runs as active on active.id = ${given.add(active ?? null)}::text`;
  return { text, values: given.values };
}

const GAP = 'select run, last from stands where wanted <> last limit 1';
const NO_GAP = 'select null::text as run, null::int as last';

/** The part that changes the session. */
class SessionPart {
  private readonly key: string;
  private readonly head: string;
  private readonly revision: string;
  private readonly ttl: string;

  constructor(
    private readonly given: Parameters,
    key: string,
    private readonly step: Step,
    ttlMilliseconds: number,
  ) {
    this.key = given.add(key);
    this.head = given.add(writtenHead(step.head));
    this.revision = given.add(step.revision);
    this.ttl = given.add(ttlMilliseconds);
  }

  /** Begins a session. An expired one under the same key makes room for it. */
  begun(): readonly string[] {
    const { given, step, key, head, revision, ttl } = this;
    return [
      `buried as (
        update @sessions as sessions set deleted_at = ${NOW}, due_at = null
        where sessions.key = ${key} and sessions.deleted_at is null and sessions.idle_since <= ${ago(ttl)} returning 1
      )`,
      `step as (
        insert into @sessions (key, revision, head, is_listed, shelves, turns, due_at, idle_since)
        select ${key}, ${revision}, ${head}::json, ${given.add(step.shelves.includes(''))}::boolean,
          ${given.add(step.shelves.filter((name) => name !== ''))}::text[],
          ${given.add(step.begun?.length ?? 0)}::int, ${this.dueAt('null')}, ${this.idleSince}
        from (select count(*) from buried) as before
        on conflict (key) where deleted_at is null do nothing
        returning life, turns
      )`,
    ];
  }

  /** Changes a session. It looks at the journals that end before it changes the session. */
  changed(stands: string | undefined): readonly string[] {
    const { given, step, key, head, revision, ttl } = this;
    const isDue = step.onlyIfDue ? `and sessions.due_at <= ${NOW}` : '';
    const stillStands = `sessions.key = ${key} and sessions.revision = ${given.add(step.seen)}
      and ${isThere(ttl)} ${isDue}`;
    const update = `update @sessions as sessions set revision = ${revision}, head = ${head}::json,
      turns = sessions.turns + ${given.add(step.begun?.length ?? 0)}::int,
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

  private dueAt(unchanged: string): string {
    const { dueIn } = this.step;
    if (typeof dueIn === 'number') return fromNow(this.given.add(dueIn));
    return dueIn === 'never' ? 'null' : unchanged;
  }

  private get idleSince(): string {
    return this.step.isIdle ? NOW : 'null';
  }
}
