import type { Committed, JournalStand, Snapshot, Step, Wanted } from '../../../../application/ports/session-ledger.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import { numberedOn } from '../numbered-on.js';
import type { JournalRows } from './journal-rows.js';
import type { OpenJournals } from './open-journals.js';
import type { RunRows } from './run-rows.js';
import type { SessionAlarms } from './session-alarms.js';
import type { KeptSession, SessionRows } from './session-rows.js';

export interface EndedJournal {
  readonly runId: string;
  readonly events: readonly RunEvent[];
}

export interface KeptStep {
  readonly committed: Committed;
  /** The journals that the step ended. Undefined where this call kept nothing. */
  readonly ended: readonly EndedJournal[] | undefined;
}

export interface StepKeepingParts {
  readonly sessions: SessionRows;
  readonly runs: RunRows;
  readonly journals: JournalRows;
  readonly open: OpenJournals;
  readonly alarms: SessionAlarms;
}

/** How a session changes in the file. Its methods are parts of a step of the database. */
export class StepKeeping {
  constructor(private readonly parts: StepKeepingParts) {}

  /** As `SessionLedger.commit` promises it. */
  keep(key: string, step: Step, wanted: Wanted): KeptStep {
    const kept = this.parts.sessions.find(key);
    if (kept?.revision === step.revision) return { committed: this.done(kept.row, step, wanted), ended: undefined };
    const isTooSoon = step.onlyIfDue && !this.parts.alarms.isDue(key);
    if (kept?.revision !== step.seen || isTooSoon) return this.refused(kept, undefined, wanted);
    const gap = this.gapIn(step.endings);
    if (gap !== undefined) return this.refused(kept, gap, wanted);
    const row = this.standAt(key, kept, step);
    const ended = this.change(row, step);
    return { committed: this.done(row, step, wanted), ended };
  }

  /** As `SessionLedger.remove` promises it. Returns the journals that it ended, and undefined where the session
   *  stands elsewhere. */
  remove(key: string, { revision }: Snapshot, endings: readonly JournalEnding[]): readonly EndedJournal[] | undefined {
    const { sessions, open } = this.parts;
    const kept = sessions.find(key);
    if (kept === undefined || kept.revision !== revision) return undefined;
    const ended = this.end(endings);
    sessions.remove(kept.row);
    open.forget(kept.fence);
    return ended;
  }

  /** Returns the row of the session. */
  private standAt(key: string, kept: KeptSession | undefined, step: Step): number {
    const { sessions, open } = this.parts;
    if (kept === undefined) return sessions.insert(key, step);
    sessions.update(kept.row, step);
    if (kept.fence !== step.fence) open.forget(kept.fence);
    return kept.row;
  }

  private change(row: number, step: Step): readonly EndedJournal[] {
    const { birth, key, brought = [], begun = [], outcomes = [], endings = [] } = step;
    const { runs } = this.parts;
    if (birth !== undefined) runs.insert(birth, row, key);
    for (const one of brought) runs.bring(one, row);
    for (const runId of begun) runs.takeTurn(runId, row);
    for (const outcome of outcomes) runs.end(outcome, row);
    return this.end(endings);
  }

  private end(endings: readonly JournalEnding[]): readonly EndedJournal[] {
    return endings.flatMap(({ runId, after, events }) => {
      const journal = this.parts.journals.findEnd(runId);
      if (journal === undefined) return [];
      const numbered = after === undefined ? numberedOn(events, journal.last) : events;
      this.parts.journals.close(journal.run, numbered);
      return [{ runId, events: numbered }];
    });
  }

  /** The first journal that does not stand where its ending says. */
  private gapIn(endings: readonly JournalEnding[] = []): JournalStand | undefined {
    for (const { runId, after } of endings) {
      const last = after === undefined ? undefined : this.parts.journals.findEnd(runId)?.last;
      if (last !== undefined && last !== after) return { runId, last };
    }
    return undefined;
  }

  private done(row: number, { head }: Step, wanted: Wanted): Committed {
    const active = wanted.active && head.active ? this.parts.runs.find(head.active.id, row) : undefined;
    return { done: true, active };
  }

  private refused(kept: KeptSession | undefined, gap: JournalStand | undefined, wanted: Wanted): KeptStep {
    return { committed: { done: false, gap, snapshot: this.parts.runs.snapshot(kept, wanted) }, ended: undefined };
  }
}
