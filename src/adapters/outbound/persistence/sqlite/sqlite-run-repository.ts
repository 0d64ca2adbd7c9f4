import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunEnded } from '../../../../domain/errors.js';
import {
  beginAttempt,
  checkLease,
  handOver,
  hasEnding,
  isEnded,
  isWithFirstWriter,
  type Run,
  type RunLease,
  type StopCause,
  takeUp,
} from '../../../../domain/run.js';
import { endEvents } from '../../../../domain/run-event.js';
import type { LocalRuns } from './local-runs.js';
import type { EndedRun, Records } from './records.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { StoredRun } from './stored-run.js';

export class SqliteRunRepository implements RunRepository {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly records: Records,
    private readonly local: LocalRuns,
  ) {}

  async find(runId: string): Promise<Run> {
    return this.database.read(() => this.records.runs.get(runId).run);
  }

  async begin(lease: RunLease): Promise<Run> {
    return this.database.write(() => {
      const { run } = this.records.runs.get(lease.id);
      const begun = beginAttempt(run);
      checkLease(run, lease);
      this.records.runs.save(begun);
      return begun;
    });
  }

  async end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn> {
    const { run, events, next } = this.database.writeThrough(() => this.endTurn(lease, reply));
    this.local.end(run.id, events);
    if (next !== undefined) this.local.takeUp(next.id);
    return { run, next };
  }

  async requestStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const { run, events } = this.database.writeThrough(() => this.stop(runId, cause, at));
    if (events.length > 0) this.local.end(runId, events);
    else this.local.stops.asked(runId);
    return run;
  }

  stopRequest(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    const heard = this.local.stops.heard(runId, signal);
    this.local.stops.asked(runId);
    return heard;
  }

  private endTurn(lease: RunLease, { ending, text, lastSequence, handsOver }: FinishedReply): EndedTurnRecord {
    const stored = this.records.runs.get(lease.id);
    if (hasEnding(stored.run, lease, ending))
      return { run: stored.run, events: endEvents(ending, lastSequence + 1), next: this.nextOf(stored) };
    if (isEnded(stored.run)) throw new RunEnded(lease.id);
    checkLease(stored.run, lease);
    const last = this.records.journals.last(stored.key);
    if (last !== lastSequence) throw new JournalGap(lease.id, last, lastSequence);
    const ended = this.records.end(stored, ending, text);
    return { ...ended, next: this.promoteNext(stored, handsOver) };
  }

  /** The run that its writer was given when it ended, and still has. */
  private nextOf({ key }: StoredRun): Run | undefined {
    const next = this.records.runs.nextOf(key)?.run;
    return next !== undefined && isWithFirstWriter(next) ? next : undefined;
  }

  /** The session's next queued run becomes the active one; returned when this process writes it. */
  private promoteNext({ session, run }: StoredRun, handsOver: boolean): Run | undefined {
    const { runs } = this.records;
    const next = runs.firstQueued(session)?.run;
    if (next === undefined) return undefined;
    const running = handsOver ? handOver(next) : takeUp(next);
    runs.save(running);
    if (handsOver) return undefined;
    runs.saveNext(run, running);
    return running;
  }

  private stop(runId: string, cause: StopCause, at: Date): EndedRun {
    const stored = this.records.runs.get(runId);
    const { run } = stored;
    if (run.status === 'queued') {
      return this.records.end(stored, { finishReason: cause, usage: undefined, error: undefined, at }, '');
    }
    if (isEnded(run)) return { run, events: [] };
    const asked = { ...run, stopCause: run.stopCause ?? cause };
    this.records.runs.save(asked);
    return { run: asked, events: [] };
  }
}

interface EndedTurnRecord extends EndedTurn {
  /** What ended its journal. */
  readonly events: EndedRun['events'];
}
