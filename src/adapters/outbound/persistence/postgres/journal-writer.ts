import { pause } from '../../../../application/patience.js';
import { StoreUnavailable } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import { charactersIn, type JournalledEvent } from '../../../../domain/run-event.js';
import { refusalsOf } from './append-refusals.js';
import type { JournalAppend, JournalEvents } from './journal-events.js';
import type { PostgresDatabase } from './postgres-database.js';

const MAX_APPENDS = 256;
const MAX_CHARACTERS = 1024 * 1024;
/** For how long, and how often, the writer tries again while somebody else has a run's row locked. */
const PATIENCE_MILLISECONDS = 2500;
const RETRY_MILLISECONDS = 10;

/** An append that waits for its turn. */
interface WaitingAppend extends JournalAppend {
  readonly since: number;
  readonly resolve: (added: readonly JournalledEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes what all runs of this process append. All appends of one turn of the event loop go into one statement.
 *  Appends that come while a statement is under way gather for the next one. So more appends share a commit the more
 *  there are, and no append waits for a clock. */
export class JournalWriter {
  private waiting: WaitingAppend[] = [];
  private isWriting = false;
  /** The runs whose first append waits for another try. The appends behind it wait, too. */
  private readonly pausing = new Set<string>();

  constructor(
    private readonly database: PostgresDatabase,
    private readonly events: JournalEvents,
    private readonly sessionTtlMilliseconds: number,
  ) {}

  /** Resolves with those of the chunks that were not there before. Throws as `RunJournal.append` does. */
  append(lease: RunLease, chunks: readonly JournalledEvent[]): Promise<readonly JournalledEvent[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ lease, chunks, since: performance.now(), resolve, reject });
      this.writeSoon();
    });
  }

  private writeSoon(): void {
    if (this.isWriting) return;
    this.isWriting = true;
    setImmediate(() => void this.writeAll());
  }

  private async writeAll(): Promise<void> {
    for (let batch = this.takeBatch(); batch.length > 0; batch = this.takeBatch()) await this.write(batch);
    this.isWriting = false;
  }

  /** Takes the first append of each run, so that no append overtakes another one of its run. */
  private takeBatch(): readonly WaitingAppend[] {
    const batch = new Map<string, WaitingAppend>();
    const rest: WaitingAppend[] = [];
    let characters = 0;
    for (const append of this.waiting) {
      const isFull = batch.size === MAX_APPENDS || characters >= MAX_CHARACTERS;
      if (isFull || batch.has(append.lease.id) || this.pausing.has(append.lease.id)) {
        rest.push(append);
        continue;
      }
      batch.set(append.lease.id, append);
      characters += charactersOf(append);
    }
    this.waiting = rest;
    return [...batch.values()];
  }

  private async write(batch: readonly WaitingAppend[]): Promise<void> {
    try {
      const keptBefore = await this.events.add(batch);
      const untaken = batch.filter((append) => !settled(append, keptBefore.get(append.lease.id)));
      if (untaken.length > 0) await this.explain(untaken);
    } catch (error) {
      await this.fail(batch, error);
    }
  }

  /** Tries each append alone, since one that cannot be written must not take the others with it. */
  private async fail(batch: readonly WaitingAppend[], error: unknown): Promise<void> {
    if (error instanceof StoreUnavailable || batch.length === 1) for (const { reject } of batch) reject(error);
    else for (const append of batch) await this.write([append]);
  }

  private async explain(untaken: readonly WaitingAppend[]): Promise<void> {
    const refusals = await refusalsOf(this.database, untaken, this.sessionTtlMilliseconds);
    for (const [index, append] of untaken.entries()) {
      const refusal = refusals[index];
      if (refusal === undefined) void this.tryLater(append);
      else append.reject(refusal);
    }
  }

  /** Nothing is wrong with the append, somebody else only had the row locked. */
  private async tryLater(append: WaitingAppend): Promise<void> {
    if (performance.now() - append.since > PATIENCE_MILLISECONDS) {
      append.reject(new StoreUnavailable());
      return;
    }
    this.pausing.add(append.lease.id);
    await pause(RETRY_MILLISECONDS, NEVER);
    this.pausing.delete(append.lease.id);
    this.waiting.unshift(append);
    this.writeSoon();
  }
}

const NEVER = new AbortController().signal;

function charactersOf({ chunks }: JournalAppend): number {
  return chunks.reduce((characters, event) => characters + charactersIn(event), 0);
}

function settled({ chunks, resolve }: WaitingAppend, keptBefore: number | undefined): boolean {
  if (keptBefore === undefined) return false;
  resolve((chunks[0]?.sequence ?? 0) > keptBefore ? chunks : chunks.filter(({ sequence }) => sequence > keptBefore));
  return true;
}
