import { RunNotFound, StoreUnavailable } from '../domain/errors.js';
import type { Run } from '../domain/run.js';
import { namesOf } from './end-run.js';
import type { Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import type { RunAudience } from './ports/run-audience.js';
import type { RunJournal, TakeEvents } from './ports/run-journal.js';
import type { RunRepository } from './ports/run-repository.js';

export interface RunReadersPorts {
  readonly journal: RunJournal;
  readonly runs: RunRepository;
  readonly audience: RunAudience;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The readers of this process, counted per run. A run that is to stop without readers is cancelled when the last one
 *  of all processes leaves. */
export class RunReaders {
  private readonly reading = new Map<string, { readonly run: Run; readers: number }>();
  /** What nobody read in the round before: a process that died with its readers cannot say that they left. */
  private deserted: ReadonlySet<string> = new Set();

  constructor(private readonly ports: RunReadersPorts) {}

  /** How many readers there are. */
  get size(): number {
    return [...this.reading.values()].reduce((sum, { readers }) => sum + readers, 0);
  }

  /** Hands over the run's events after `after`, as `RunJournal.read` promises it. The reader counts until that is
   *  over. */
  async read(run: Run, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    await this.enter(run);
    try {
      await this.ports.journal.read(run.id, after, signal, take);
    } finally {
      await this.leave(run);
    }
  }

  /** Says again which runs are read here, and cancels those of `written` that are to stop and that nobody reads. */
  async refresh(written: readonly Run[]): Promise<void> {
    const read = [...this.reading.values()].filter(({ run }) => stopsUnread(run));
    for (const { run } of read) await this.ports.audience.attend(run.id);
    const unread = written.filter((run) => stopsUnread(run) && !this.reading.has(run.id));
    const deserted = unread.length === 0 ? [] : await this.ports.audience.deserted(unread.map(({ id }) => id));
    for (const runId of deserted) if (this.deserted.has(runId)) await this.cancel(runId);
    this.deserted = new Set(deserted);
  }

  private async enter(run: Run): Promise<void> {
    const known = this.reading.get(run.id);
    if (known !== undefined) {
      known.readers += 1;
      return;
    }
    this.reading.set(run.id, { run, readers: 1 });
    if (stopsUnread(run)) await this.unlessAway(run, () => this.ports.audience.attend(run.id));
  }

  private async leave(run: Run): Promise<void> {
    const known = this.reading.get(run.id);
    if (known === undefined) return;
    known.readers -= 1;
    if (known.readers > 0) return;
    this.reading.delete(run.id);
    if (stopsUnread(run)) await this.unlessAway(run, () => this.cancelUnread(run.id));
  }

  private async cancelUnread(runId: string): Promise<void> {
    if (!(await this.ports.audience.leave(runId))) await this.cancel(runId);
  }

  /** A run that has ended is left as it is; one that was deleted meanwhile has had its ending. */
  private async cancel(runId: string): Promise<void> {
    try {
      await this.ports.runs.askToStop(runId, 'cancelled', this.ports.clock.now());
    } catch (error) {
      if (!(error instanceof RunNotFound)) throw error;
    }
  }

  /** What the store does not hear now, it finds out by itself: a word that is not repeated is forgotten. */
  private async unlessAway(run: Run, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.ports.log.debug('the store is away; it will notice later who reads', {
        ...namesOf(run),
        error: error.cause,
      });
    }
  }
}

function stopsUnread(run: Run): boolean {
  return run.onDisconnect === 'cancel';
}
