/** Ids compare as in JavaScript, not as in somebody's language: so that paging is the same everywhere. */
const ID = 'text collate "C"';

/** Moves tables with a column for each field to what the ledger keeps: a head that changes, records that are written
 *  once, and a journal with the fence of its writer. */
export const LEDGER_TABLES: readonly string[] = [
  // Sessions: the head takes over the columns. Generated columns show its fields to whoever looks at the rows.
  'alter table sessions rename column key to life',
  'alter table sessions rename column id to key',
  'alter index sessions_id rename to sessions_key',
  `alter table sessions
    add column revision text,
    add column head json,
    add column shelves text[] not null default '{}',
    add column turns integer not null default 0,
    add column due_at timestamptz,
    add column idle_since timestamptz`,
  `update sessions set
    revision = md5(random()::text || sessions.life),
    turns = (select count(*) from runs where session = sessions.life and position <= begun),
    due_at = case when deleted_at is null then lease_until end,
    idle_since = case when active is null then used_at end,
    head = json_build_object(
      'id', key, 'createdAt', ${milliseconds('created_at')}, 'updatedAt', ${milliseconds('updated_at')},
      'messageCount', message_count, 'active', active,
      'queue', (select coalesce(json_agg(id order by position), '[]')
        from runs where session = sessions.life and position > begun),
      'stopped', (select coalesce(json_agg(id order by position), '[]')
        from runs where session = sessions.life and position > begun and ended_at is not null))
    from (
      select life, lease_until, coalesce(position, 2147483647) as begun,
        case when runs.id is not null then json_build_object('id', runs.id, 'attempts', attempts, 'epoch', epoch,
          'stopCause', stop_cause, 'writer', leased_to) end as active
      from sessions left join runs on runs.id = active_run
    ) as seen
    where seen.life = sessions.life`,
  `alter table sessions
    drop column created_at, drop column updated_at, drop column message_count, drop column active_run,
    drop column used_at`,
  `alter table sessions
    alter column revision set not null,
    alter column head set not null,
    add column id ${ID} generated always as (head->>'id') stored,
    add column title text generated always as (head->>'title') stored,
    add column active_run ${ID} generated always as (head->'active'->>'id') stored,
    add column message_count integer generated always as ((head->>'messageCount')::integer) stored,
    add column queued_runs integer
      generated always as (json_array_length(head->'queue') - json_array_length(head->'stopped')) stored,
    add column created_at timestamptz generated always as (to_timestamp((head->>'createdAt')::float8 / 1000)) stored,
    add column updated_at timestamptz generated always as (to_timestamp((head->>'updatedAt')::float8 / 1000)) stored,
    set (fillfactor = 80)`,
  'create index sessions_newest on sessions (created_at desc, key) where deleted_at is null',
  "create index sessions_shelves on sessions using gin (shelves) where deleted_at is null and shelves <> '{}'",
  'create index sessions_due on sessions (due_at) where due_at is not null',
  'create index sessions_idle on sessions (idle_since) where deleted_at is null and idle_since is not null',

  // Journals: small rows, because every token changes one. An index allows one writer in a session, whatever goes
  // wrong.
  `create table journals (
    run ${ID} constraint journals_run primary key references runs on delete cascade,
    session bigint not null,
    fence ${ID},
    last_sequence integer not null default 0,
    closed_at timestamptz,
    is_kept boolean not null default true
  ) with (fillfactor = 80)`,
  `insert into journals
    select runs.id, session,
      case when status = 'running' and epoch > 0 and deleted_at is null then runs.id || ':' || epoch end, last_sequence, closed_at, journal_kept
    from runs join sessions on life = session`,
  'create unique index journals_writer on journals (session) where fence is not null',
  'create index journals_closed on journals (closed_at) where is_kept and closed_at is not null',
  'alter table events drop constraint events_run_fkey',
  'alter table events add constraint events_run foreign key (run) references journals on delete cascade',

  `create table keys (
    session bigint not null references sessions on delete cascade,
    key ${ID} not null,
    run ${ID} not null,
    until timestamptz not null,
    constraint keys_key primary key (session, key)
  )`,
  `insert into keys
    select session, idempotency_key, id, key_until
    from runs where idempotency_key is not null and key_until is not null`,
  'create index keys_until on keys (until)',

  // Runs: how they began, how they ended, and what they answered.
  'alter table runs add column birth json, add column outcome json, alter column position drop not null',
  `update runs set
    position = case when position <= turns then position end,
    birth = json_build_object('id', runs.id, 'sessionId', session_id, 'requestId', request_id, 'request', request::json,
      'onDisconnect', on_disconnect, 'createdAt', ${milliseconds('runs.created_at')}),
    outcome = case when ended_at is not null then json_build_object('finishReason', finish_reason, 'usage', usage::json,
      'error', error::json, 'at', ${milliseconds('ended_at')}, 'attempts', attempts, 'epoch', epoch,
      'stopCause', stop_cause, 'next', next) end
    from sessions where life = session`,
  `alter table runs
    drop column session_id, drop column request_id, drop column request, drop column on_disconnect, drop column status,
    drop column attempts, drop column epoch, drop column stop_cause, drop column leased_to, drop column lease_until,
    drop column last_sequence, drop column next, drop column finish_reason, drop column usage, drop column error,
    drop column created_at, drop column ended_at, drop column closed_at, drop column journal_kept,
    drop column idempotency_key, drop column key_until`,
  `alter table runs
    alter column birth set not null,
    add column created_at timestamptz generated always as (to_timestamp((birth->>'createdAt')::float8 / 1000)) stored,
    add column ended_at timestamptz generated always as (to_timestamp((outcome->>'at')::float8 / 1000)) stored,
    add column finish_reason text generated always as (outcome->>'finishReason') stored`,
];

/** The codec of heads and records writes times so. */
function milliseconds(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::bigint`;
}
