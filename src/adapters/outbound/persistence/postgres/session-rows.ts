import type { Snapshot, Wanted } from '../../../../application/ports/session-ledger.js';
import type { RunRecord } from '../../../../domain/session-head.js';
import { readHead, readOutcome } from '../ledger-codec.js';
import { readBirth } from '../stored-birth.js';
import { ago } from './store-time.js';

/** The condition that a session exists: a deleted or expired one may still have its row. `ttl` names the parameter
 *  with the milliseconds for which an idle session is kept. */
export function isThere(ttl: string): string {
  return `(sessions.deleted_at is null and (sessions.idle_since is null or sessions.idle_since > ${ago(ttl)}))`;
}

/** A run, in the columns of a statement. */
export interface RunRow {
  readonly birth: string | null;
  readonly outcome: string | null;
}

/** Undefined where the statement found none. */
export function recordOf({ birth, outcome }: RunRow): RunRecord | undefined {
  if (birth === null) return undefined;
  return { birth: readBirth(birth), outcome: outcome === null ? undefined : readOutcome(outcome) };
}

/** A session, and one of its runs. */
export interface SessionRow extends RunRow {
  /** Null where the row is one of another session. */
  readonly revision: string | null;
  readonly head: string;
  /** The run that the idempotency key leads to. */
  readonly keyed: string | null;
}

/** Whatever rows there are, they are of other sessions. */
function noneIn(rows: readonly SessionRow[], { elsewhere }: Wanted): Snapshot {
  const none = { revision: undefined, head: undefined, runs: new Map(), keyed: undefined };
  return elsewhere === undefined ? none : { ...none, elsewhere: rows.map(({ head }) => readHead(head)) };
}

export function snapshotOf(rows: readonly SessionRow[], wanted: Wanted): Snapshot {
  const [session] = rows;
  if (!session?.revision) return noneIn(rows, wanted);
  const head = readHead(session.head);
  const found = new Map<string, RunRecord>();
  for (const record of rows.map(recordOf)) if (record !== undefined) found.set(record.birth.id, record);
  const ids = [...(wanted.runs ?? []), ...(wanted.active && head.active !== undefined ? [head.active.id] : [])];
  const runs = new Map([...found].filter(([id]) => ids.includes(id)));
  return { revision: session.revision, head, runs, keyed: found.get(session.keyed ?? '') };
}
