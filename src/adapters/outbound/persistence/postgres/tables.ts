import type { Generated } from 'kysely';

/** The columns as migrations.ts makes them. Times that clients see come from the caller's clock; all others from the server's. */
export interface Tables {
  readonly sessions: SessionsTable;
  readonly runs: RunsTable;
  readonly events: EventsTable;
  readonly run_readers: RunReadersTable;
}

interface SessionsTable {
  /** Every life of an id has its own: what is late from a deleted session never meets the one that came after. */
  key: Generated<string>;
  id: string;
  created_at: Date;
  updated_at: Date;
  message_count: Generated<number>;
  active_run: string | null;
  /** When it got its last message, or the end of its last answer. */
  used_at: Generated<Date>;
  /** The rest of a deleted session stays for a while, for those who read its runs. */
  deleted_at: Date | null;
}

interface RunsTable {
  id: string;
  session: string;
  session_id: string;
  /** Its turn: 1, 2, 3 … in its session. */
  position: number;
  request_id: string;
  /** JSON. */
  request: string;
  on_disconnect: string;
  status: string;
  attempts: Generated<number>;
  epoch: number;
  stop_cause: string | null;
  /** The process that was given the lease last. */
  leased_to: string | null;
  /** The run that its writer was given when it ended. */
  next: string | null;
  lease_until: Date | null;
  /** The number of the last event. */
  last_sequence: Generated<number>;
  answer: string | null;
  finish_reason: string | null;
  /** JSON, as is the error. */
  usage: string | null;
  error: string | null;
  created_at: Date;
  ended_at: Date | null;
  /** When its journal came to its end. */
  closed_at: Date | null;
  journal_kept: Generated<boolean>;
  idempotency_key: string | null;
  key_until: Date | null;
}

interface EventsTable {
  run: string;
  sequence: number;
  /** Of a token. */
  text: string | null;
  /** Of any other event: its JSON. */
  ending: string | null;
}

interface RunReadersTable {
  run: string;
  process: string;
  until: Date;
}
