import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { LEDGER_SCHEMA } from './ledger-schema.js';

/** Marks our files, so that a file of another program is not taken for one: "AgRt" in ASCII. */
export const APPLICATION_ID = 0x41675274;

/** The steps of the schema. A released step never changes, and each change is a new step. */
export const MIGRATIONS: readonly string[] = [
  `
  -- A session that was deleted has no id any more; it stays for the readers of its runs until it is purged.
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    id TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    idle_since INTEGER -- null while a run is active
  ) STRICT;
  CREATE INDEX sessions_listed ON sessions (created_at DESC, id) WHERE id IS NOT NULL;
  CREATE INDEX sessions_idle ON sessions (idle_since) WHERE id IS NOT NULL;

  -- What is long stands last: the rest can be read without it.
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions,
    turn INTEGER NOT NULL,
    status TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    stop_cause TEXT,
    closed_at INTEGER, -- when the journal was ended, by our own clock
    journal_purged INTEGER NOT NULL DEFAULT 0,
    request_id TEXT NOT NULL,
    on_disconnect TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    finish_reason TEXT,
    usage TEXT,
    error TEXT,
    next TEXT, -- the run that its writer was given when it ended
    request TEXT NOT NULL,
    answer TEXT
  ) STRICT;
  CREATE INDEX runs_in_turn ON runs (session, turn);
  CREATE INDEX runs_queued ON runs (session, turn) WHERE status = 'queued';
  CREATE UNIQUE INDEX runs_running ON runs (session) WHERE status = 'running';
  CREATE INDEX runs_with_journal ON runs (closed_at) WHERE journal_purged = 0;

  CREATE TABLE journal (
    run INTEGER NOT NULL REFERENCES runs,
    sequence INTEGER NOT NULL,
    text TEXT, -- of a token chunk
    ending TEXT, -- any other event, as JSON
    PRIMARY KEY (run, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE idempotency_keys (
    session INTEGER NOT NULL REFERENCES sessions,
    key TEXT NOT NULL,
    run INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (session, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_keys_kept ON idempotency_keys (kept_until);
  `,
  LEDGER_SCHEMA,
  `
  -- Not every session is in the list of all.
  ALTER TABLE sessions ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 1;
  DROP INDEX sessions_listed;
  CREATE INDEX sessions_listed ON sessions (created_at DESC, id) WHERE id IS NOT NULL AND is_listed = 1;
  `,
  `
  -- Lists by the last update.
  CREATE INDEX sessions_recent ON sessions (updated_at, id) WHERE id IS NOT NULL AND is_listed = 1;
  ALTER TABLE shelves ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
  UPDATE shelves SET updated_at = (SELECT updated_at FROM sessions WHERE key = shelves.session);
  CREATE INDEX shelves_recent ON shelves (shelf, updated_at, id);
  `,
];

/** Brings a file to the latest step, each step in a transaction of its own. Throws with a reason for the operator. */
export function migrate(connection: DatabaseSync, steps: readonly string[] = MIGRATIONS): void {
  if (pragma(connection, 'application_id') !== APPLICATION_ID) takeOver(connection);
  const version = pragma(connection, 'user_version');
  if (version > steps.length) throw new Error('it was written by a newer version of agent-runtime');
  for (const [index, step] of steps.entries()) {
    if (index >= version) connection.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** Only an empty file becomes ours. */
function takeOver(connection: DatabaseSync): void {
  const found = connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
  if (found !== undefined) throw new Error('it is the database of another program');
  connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

const pragmaRow = z.record(z.string(), z.number());

function pragma(connection: DatabaseSync, name: string): number {
  return pragmaRow.parse(connection.prepare(`PRAGMA ${name}`).get())[name] ?? 0;
}
