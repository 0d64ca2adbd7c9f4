import type { Snapshot, Wanted } from '../../../../application/ports/session-ledger.js';
import { RunTaken } from '../../../../domain/bringing-errors.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { Fields } from '../../../../domain/fields.js';
import type { RunBirth } from '../../../../domain/run.js';
import type { EndedRecord } from '../../../../domain/session-change.js';
import type { RunRecord } from '../../../../domain/session-head.js';
import { readHead, readOutcome, writtenOutcome } from '../ledger-codec.js';
import { readBirth, writtenBirth } from '../stored-birth.js';
import { optionalTextIn, textIn } from '../stored-fields.js';
import type { Expiry } from './expiry.js';
import { IS_LIVE, type KeptSession } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';

const FIND = 'SELECT birth, outcome FROM runs WHERE id = ? AND session = ?';
const FIND_KEYED = `
  SELECT r.birth, r.outcome FROM idempotency_keys AS k JOIN runs AS r ON r.key = k.run
  WHERE k.session = ? AND k.key = ? AND k.kept_until > ?`;
const INSERT = 'INSERT INTO runs (id, session, birth) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING';
const BRING = `
  INSERT INTO runs (id, session, birth, closed_at, journal_purged) VALUES (?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING`;
/** Frees the id of a run whose session is gone and not purged yet. Its readers have its row, and not its id. */
const RELEASE = `
  UPDATE runs SET id = id || '/' || key
  WHERE id = ? AND session IN (SELECT s.key FROM sessions AS s WHERE NOT ${IS_LIVE})`;
const TAKE_TURN = `
  UPDATE runs SET turn = (SELECT coalesce(max(turn), 0) + 1 FROM runs WHERE session = ?) WHERE id = ? AND session = ?`;
const END = 'UPDATE runs SET outcome = ?, answer = ? WHERE id = ? AND session = ?';
const REMEMBER = `
  INSERT OR REPLACE INTO idempotency_keys (session, key, run, kept_until)
  SELECT session, ?, key, ? FROM runs WHERE id = ?`;

/** The table of runs, with the keys that lead to them. Its methods are parts of a step of the database. */
export class RunRows {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly expiry: Expiry,
  ) {}

  find(id: string, session: number): RunRecord | undefined {
    const row = this.database.row(FIND, id, session);
    return row && runRecord(row);
  }

  /** The session as it stands, with the wanted ones of its records. */
  snapshot(kept: KeptSession | undefined, { runs = [], key, active = false }: Wanted): Snapshot {
    const found = new Map<string, RunRecord>();
    if (kept === undefined) return { revision: undefined, head: undefined, runs: found, keyed: undefined };
    const head = readHead(kept.head);
    for (const id of active && head.active !== undefined ? [...runs, head.active.id] : runs) {
      const record = this.find(id, kept.row);
      if (record !== undefined) found.set(id, record);
    }
    return { revision: kept.revision, head, runs: found, keyed: key === undefined ? undefined : this.keyed(kept, key) };
  }

  /** Throws RunNotFound where the run was there before and has gone with its session. */
  insert(birth: RunBirth, session: number, key: string | undefined): void {
    if (this.database.run(INSERT, birth.id, session, writtenBirth(birth)) === 0) throw new RunNotFound(birth.id);
    if (key !== undefined) this.database.run(REMEMBER, key, this.expiry.keyKeptUntil, birth.id);
  }

  /** A run from elsewhere comes without a journal. Throws RunTaken. */
  bring(birth: RunBirth, session: number): void {
    this.database.run(RELEASE, birth.id, this.expiry.sessionHorizon);
    if (this.database.run(BRING, birth.id, session, writtenBirth(birth), this.expiry.now) === 0)
      throw new RunTaken(birth.id);
  }

  /** The run takes the next place in the history. */
  takeTurn(id: string, session: number): void {
    this.database.run(TAKE_TURN, session, id, session);
  }

  end({ runId, outcome, answer }: EndedRecord, session: number): void {
    this.database.run(END, writtenOutcome(outcome), answer === '' ? null : answer, runId, session);
  }

  private keyed({ row }: KeptSession, key: string): RunRecord | undefined {
    const found = this.database.row(FIND_KEYED, row, key, this.expiry.now);
    return found && runRecord(found);
  }
}

export function runRecord(row: Fields): RunRecord {
  const outcome = optionalTextIn(row, 'outcome');
  return { birth: readBirth(textIn(row, 'birth')), outcome: outcome === undefined ? undefined : readOutcome(outcome) };
}
