import type { JournalStand, Snapshot, Step, Wanted } from '../../../../application/ports/session-ledger.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import type { Due, RunRecord, SessionHead } from '../../../../domain/session-head.js';
import type { KeptJournal } from './memory-journal-budget.js';

export interface KeptSession {
  readonly key: string;
  revision: string;
  head: SessionHead;
  fence: string | undefined;
  /** By the clock of this process. Infinity means never. */
  dueAt: number;
  isIdle: boolean;
  /** About how many bytes of memory the session takes. */
  bytes: number;
  usedAt: number;
  readonly shelves: readonly string[];
  /** The runs that have begun, in the order in which they began. */
  readonly turns: KeptRun[];
  readonly runs: Map<string, KeptRun>;
  readonly keys: Map<string, { readonly run: KeptRun; readonly keptUntil: number }>;
}

export interface KeptRun extends KeptJournal {
  readonly session: KeptSession;
  record: RunRecord;
  answer: string;
}

export function snapshotOf(kept: KeptSession | undefined, { runs = [], key, active }: Wanted, now: number): Snapshot {
  const found = new Map<string, RunRecord>();
  if (kept === undefined) return { revision: undefined, head: undefined, runs: found, keyed: undefined };
  const { revision, head } = kept;
  const ids = active && head.active !== undefined ? [...runs, head.active.id] : runs;
  for (const id of ids) for (const run of runIn(kept, id)) found.set(id, run.record);
  return { revision, head, runs: found, keyed: key === undefined ? undefined : startedBy(kept, key, now) };
}

/** The run with this id, as a list of one or none. */
export function runIn({ runs }: KeptSession, runId: string): readonly KeptRun[] {
  const run = runs.get(runId);
  return run === undefined ? [] : [run];
}

function startedBy({ keys }: KeptSession, key: string, now: number): RunRecord | undefined {
  const known = keys.get(key);
  return known !== undefined && known.keptUntil > now ? known.run.record : undefined;
}

export function dueAt(session: KeptSession, dueIn: Due, now: number): number {
  if (dueIn === 'unchanged') return session.dueAt;
  return dueIn === 'never' ? Number.POSITIVE_INFINITY : now + dueIn;
}

export function newSession(key: string, { revision, head, shelves, isIdle }: Step): KeptSession {
  const session = { key, revision, head, shelves, isIdle, fence: undefined, dueAt: 0, usedAt: 0, bytes: 0 };
  return { ...session, turns: [], runs: new Map(), keys: new Map() };
}

/** Returns the first journal that does not stand where its ending says. A journal that is no longer kept counts as
 *  right. */
export function gapIn({ runs }: KeptSession, endings: readonly JournalEnding[]): JournalStand | undefined {
  for (const { runId, after } of endings) {
    const log = runs.get(runId)?.log;
    if (after !== undefined && log !== undefined && log.last !== after) return { runId, last: log.last };
  }
  return undefined;
}
