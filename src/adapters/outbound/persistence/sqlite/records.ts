import { assistantMessage } from '../../../../domain/message.js';
import { endRun, type Run, type RunEnding } from '../../../../domain/run.js';
import { endEvents, type RunEvent } from '../../../../domain/run-event.js';
import type { Expiry } from './expiry.js';
import { JournalRows } from './journal-rows.js';
import { RunRows } from './run-rows.js';
import { SessionRows } from './session-rows.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { StoredRun } from './stored-run.js';

export interface EndedRun {
  readonly run: Run;
  /** What ended its journal. */
  readonly events: readonly RunEvent[];
}

/** All that the file holds. Its methods are parts of a step of the database. */
export class Records {
  readonly sessions: SessionRows;
  readonly runs: RunRows;
  readonly journals: JournalRows;

  constructor(database: SqliteDatabase, expiry: Expiry) {
    this.sessions = new SessionRows(database, expiry);
    this.runs = new RunRows(database, expiry);
    this.journals = new JournalRows(database, expiry);
  }

  /** The run's ending, its message and the events of both. Who is next is the caller's concern. Throws RunEnded. */
  end({ key, session, run }: StoredRun, ending: RunEnding, text: string): EndedRun {
    const ended = endRun(run, ending);
    const events = endEvents(ending, this.journals.last(key) + 1);
    this.runs.saveEnded(ended, text);
    this.journals.append(key, events);
    this.sessions.use(session, ending.at, assistantMessage(ended, text) === undefined ? 0 : 1);
    return { run: ended, events };
  }
}
