import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { JournalGap, LeaseLost, ResumeExpired, RunEnded } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { TokenChunk } from '../../../../domain/token-chunk.js';
import { unlessDeleted } from '../farewell.js';
import type { JournalRows } from './journal-rows.js';
import type { LocalRuns } from './local-runs.js';
import type { SqliteDatabase } from './sqlite-database.js';

export class SqliteRunJournal implements RunJournal {
  constructor(
    private readonly database: SqliteDatabase,
    private readonly journals: JournalRows,
    private readonly local: LocalRuns,
  ) {}

  async append(lease: RunLease, chunks: readonly TokenChunk[], _signal: AbortSignal): Promise<void> {
    const added = this.database.write(() => this.add(lease, chunks));
    if (added.length > 0) this.local.feed.appended(lease.id, added);
  }

  async position(runId: string): Promise<JournalPosition> {
    return this.database.read(() => this.standing(runId));
  }

  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    await unlessDeleted(this.position(runId));
    await this.local.feed.read(runId, after, signal, take);
  }

  /** Returns those that were not there yet. */
  private add({ id, epoch: held }: RunLease, chunks: readonly TokenChunk[]): readonly TokenChunk[] {
    const { run, epoch, last, ended } = this.journals.get(id);
    if (ended) throw new RunEnded(id);
    if (held === 0 || epoch !== held) throw new LeaseLost(id);
    const first = chunks[0]?.sequence ?? last + 1;
    if (first > last + 1) throw new JournalGap(id, last + 1, first);
    const added = first === last + 1 ? chunks : chunks.slice(last + 1 - first);
    this.journals.append(run, added);
    return added;
  }

  private standing(runId: string): JournalPosition {
    const { last, ended, expired } = this.journals.get(runId);
    if (expired) throw new ResumeExpired(runId);
    return { last, ended };
  }
}
