/** The second step of the schema moves sessions on to what the ledger keeps: heads and records. */
export const LEDGER_SCHEMA = `
  DROP INDEX sessions_listed;
  DROP INDEX sessions_idle;
  DROP INDEX runs_in_turn;
  DROP INDEX runs_queued;
  DROP INDEX runs_running;
  DROP INDEX runs_with_journal;
  DROP INDEX idempotency_keys_kept;
  ALTER TABLE sessions RENAME TO old_sessions;
  ALTER TABLE runs RENAME TO old_runs;
  ALTER TABLE journal RENAME TO old_journal;
  ALTER TABLE idempotency_keys RENAME TO old_keys;

  -- A session that was deleted has no id any more; it stays for the readers of its runs until it is purged.
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    id TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    revision TEXT NOT NULL,
    fence TEXT, -- who may append to the journal of the active run
    has_alarm INTEGER NOT NULL, -- it is due some day: when, the process knows
    idle_since INTEGER, -- null while something goes on
    head TEXT NOT NULL,
    -- For people who look.
    updated_at INTEGER AS (head ->> '$.updatedAt'),
    message_count INTEGER AS (head ->> '$.messageCount'),
    active_run TEXT AS (head ->> '$.active.id'),
    waiting_runs INTEGER AS (json_array_length(head, '$.queue'))
  ) STRICT;
  CREATE INDEX sessions_listed ON sessions (created_at DESC, id) WHERE id IS NOT NULL;
  CREATE INDEX sessions_idle ON sessions (idle_since) WHERE id IS NOT NULL AND idle_since IS NOT NULL;
  CREATE INDEX sessions_with_alarm ON sessions (key) WHERE has_alarm = 1;

  CREATE TABLE shelves (
    shelf TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    session INTEGER NOT NULL REFERENCES sessions,
    PRIMARY KEY (shelf, created_at DESC, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX shelves_of_session ON shelves (session);

  -- What is long stands last: the rest can be read without it.
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions,
    turn INTEGER, -- its place in the history; null while it waits
    closed_at INTEGER, -- when the journal was ended, by our own clock
    journal_purged INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    birth TEXT NOT NULL,
    answer TEXT,
    -- For people who look.
    created_at INTEGER AS (birth ->> '$.createdAt'),
    ended_at INTEGER AS (outcome ->> '$.at'),
    finish_reason TEXT AS (outcome ->> '$.finishReason')
  ) STRICT;
  CREATE INDEX runs_in_turn ON runs (session, turn);
  CREATE INDEX runs_with_journal ON runs (closed_at) WHERE journal_purged = 0 AND closed_at IS NOT NULL;

  CREATE TABLE journal (
    run INTEGER NOT NULL REFERENCES runs,
    sequence INTEGER NOT NULL, -- of its last event
    texts TEXT, -- of token chunks that follow each other, as JSON
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

  -- A run that was stopped while it waited kept its place, and takes it when that has its turn.
  CREATE TEMP TABLE old_queue AS
  SELECT waiting.key, waiting.id, waiting.session, waiting.turn, waiting.status
  FROM old_runs AS waiting JOIN old_runs AS active ON active.session = waiting.session
  WHERE active.status = 'running' AND waiting.turn > active.turn;
  CREATE INDEX temp.old_queue_of_session ON old_queue (session, turn);

  INSERT INTO sessions (key, id, created_at, revision, fence, has_alarm, idle_since, head)
  SELECT s.key, s.id, s.created_at, lower(hex(randomblob(16))),
    CASE WHEN a.epoch > 0 THEN a.id || ':' || a.epoch END,
    a.key IS NOT NULL, s.idle_since,
    CASE WHEN s.id IS NULL THEN '{}' ELSE json_object(
      'id', s.id, 'createdAt', s.created_at, 'updatedAt', s.updated_at, 'messageCount', s.message_count,
      'active', json(CASE WHEN a.key IS NOT NULL THEN json_object(
        'id', a.id, 'attempts', a.attempts, 'epoch', a.epoch, 'stopCause', a.stop_cause) END),
      'queue', json((SELECT json_group_array(id) FROM
        (SELECT id FROM old_queue WHERE session = s.key ORDER BY turn))),
      'stopped', json((SELECT json_group_array(id) FROM
        (SELECT id FROM old_queue WHERE session = s.key AND status <> 'queued' ORDER BY turn)))
    ) END
  FROM old_sessions AS s LEFT JOIN old_runs AS a ON a.session = s.key AND a.status = 'running';

  INSERT INTO runs (key, id, session, turn, closed_at, journal_purged, outcome, birth, answer)
  SELECT r.key, r.id, r.session,
    CASE WHEN r.key NOT IN (SELECT key FROM old_queue) THEN r.turn END,
    r.closed_at, r.journal_purged,
    CASE WHEN s.id IS NOT NULL AND r.ended_at IS NOT NULL THEN json_object(
      'finishReason', r.finish_reason, 'usage', json(r.usage), 'error', json(r.error), 'at', r.ended_at,
      'attempts', r.attempts, 'epoch', r.epoch, 'stopCause', r.stop_cause, 'next', r.next) END,
    CASE WHEN s.id IS NULL THEN '{}' ELSE json_object(
      'id', r.id, 'sessionId', s.id, 'requestId', r.request_id, 'request', json(r.request),
      'onDisconnect', r.on_disconnect, 'createdAt', r.created_at) END,
    r.answer
  FROM old_runs AS r JOIN old_sessions AS s ON s.key = r.session;

  INSERT INTO journal (run, sequence, texts, ending)
  SELECT run, sequence, CASE WHEN text IS NOT NULL THEN json_array(text) END, ending FROM old_journal;

  INSERT INTO idempotency_keys (session, key, run, kept_until)
  SELECT session, key, run, kept_until FROM old_keys;

  DROP TABLE old_queue;
  DROP TABLE old_keys;
  DROP TABLE old_journal;
  DROP TABLE old_runs;
  DROP TABLE old_sessions;
`;
