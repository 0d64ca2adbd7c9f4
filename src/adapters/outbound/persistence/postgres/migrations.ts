import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { LEDGER_TABLES } from './ledger-tables.js';

/** Ids compare by their bytes, as JavaScript compares them, and not by a language. So paging is the same everywhere. */
const ID = 'text collate "C"';

const TABLES = [
  `create table sessions (
    key bigint generated always as identity primary key,
    id ${ID} not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    message_count integer not null default 0,
    active_run ${ID},
    used_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz
  )`,
  'create unique index sessions_id on sessions (id) where deleted_at is null',
  'create index sessions_newest on sessions (created_at desc, id) where deleted_at is null',
  'create index sessions_used on sessions (used_at) where deleted_at is null',
  'create index sessions_deleted on sessions (deleted_at) where deleted_at is not null',

  // Every append changes the row of its run. With room left on the page, such a change needs no new index entries.
  `create table runs (
    id ${ID} primary key,
    session bigint not null references sessions on delete cascade,
    session_id ${ID} not null,
    position integer not null,
    request_id text not null,
    request text not null,
    on_disconnect text not null,
    status text not null,
    attempts integer not null default 0,
    epoch integer not null,
    stop_cause text,
    leased_to text,
    lease_until timestamptz,
    last_sequence integer not null default 0,
    answer text,
    next ${ID},
    finish_reason text,
    usage text,
    error text,
    created_at timestamptz not null,
    ended_at timestamptz,
    closed_at timestamptz,
    journal_kept boolean not null default true,
    idempotency_key ${ID},
    key_until timestamptz,
    constraint runs_turn unique (session, position) deferrable
  ) with (fillfactor = 80)`,
  "create unique index runs_running on runs (session) where status = 'running'",
  "create index runs_queued on runs (session, position) where status = 'queued'",
  "create index runs_lease on runs (lease_until) where status = 'running'",
  'create unique index runs_idempotency_key on runs (session, idempotency_key) where idempotency_key is not null',
  'create index runs_key_until on runs (key_until) where key_until is not null',
  'create index runs_closed on runs (closed_at) where journal_kept and closed_at is not null',

  `create table events (
    run ${ID} not null references runs on delete cascade,
    sequence integer not null,
    text text,
    ending text,
    primary key (run, sequence)
  )`,

  `create table run_readers (
    run ${ID} not null,
    process text not null,
    until timestamptz not null,
    primary key (run, process)
  )`,
  'create index run_readers_until on run_readers (until)',
];

/** Marks sessions that are not in the list of all. A session that a replica of the version before begins is listed. */
const UNLISTED = [
  'alter table sessions add column is_listed boolean not null default true',
  'drop index sessions_newest',
  'create index sessions_newest on sessions (created_at desc, key) where deleted_at is null and is_listed',
];

/** Lists by the last update. */
const RECENT = ['create index sessions_recent on sessions (updated_at, key) where deleted_at is null and is_listed'];

/** Kysely runs these in the order of their names. A migration that was released never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-tables': madeOf(TABLES),
  '0002-ledger': madeOf(LEDGER_TABLES),
  '0003-unlisted': madeOf(UNLISTED),
  '0004-recent': madeOf(RECENT),
};

function madeOf(statements: readonly string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}
