import { sessionKeyOf } from '../../../../application/ledger/session-key.js';
import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import type { SessionLedger } from '../../../../application/ports/session-ledger.js';
import { JournalGap, LeaseLost } from '../../../../domain/errors.js';
import { headHeldBy } from '../../../../domain/held-head.js';
import type { RunLease } from '../../../../domain/run.js';
import type { JournalledEvent } from '../../../../domain/run-event.js';
import { fenceOf } from '../../../../domain/session-head.js';
import { unlessDeleted } from '../farewell.js';
import { writtenPiece } from '../stored-pieces.js';
import { numberIn } from './ledger-replies.js';
import type { RedisSystem } from './redis-system.js';
import { appendScript } from './scripts/append.js';

export class RedisRunJournal implements RunJournal {
  constructor(
    private readonly redis: RedisSystem,
    private readonly ledger: SessionLedger,
  ) {}

  async append(lease: RunLease, chunks: readonly JournalledEvent[]): Promise<void> {
    const [first] = chunks;
    if (first === undefined) return;
    const { feed } = this.redis;
    try {
      const last = await this.store(lease, chunks, first.sequence);
      const added = chunks.slice(last + 1 - first.sequence);
      feed.writes(lease.id);
      feed.appended(lease.id, added);
      if (added.length < chunks.length) feed.changed(lease.id);
    } catch (error) {
      // The caller cannot know any more whether somebody else writes.
      feed.writesNoMore(lease.id);
      throw error;
    }
  }

  position(runId: string): Promise<JournalPosition> {
    return this.redis.pages.position(runId);
  }

  /** Runs that this process writes need no look. */
  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    const { feed, pages } = this.redis;
    if (!feed.isWrittenHere(runId)) await unlessDeleted(pages.position(runId));
    await feed.read(runId, after, signal, take);
  }

  /** Where the journal stood before. */
  private async store(lease: RunLease, chunks: readonly JournalledEvent[], first: number): Promise<number> {
    const { connection, keys, times } = this.redis;
    const key = sessionKeyOf(lease);
    const names = [keys.session(key), keys.journal(key, lease.id)];
    const texts = chunks.map(writtenPiece);
    const values = [fenceOf(lease), lease.id, `${keys.news}${lease.id}`, times.busy, first, ...texts];
    const answer = await connection.run(appendScript, names, values);
    if (answer === null) throw await this.refusalOf(lease);
    const last = numberIn(answer);
    if (last < 0) throw new JournalGap(lease.id, -last, first);
    return last;
  }

  /** Why the holder of this lease may not write. */
  private async refusalOf(lease: RunLease): Promise<unknown> {
    const seen = await this.ledger.load(sessionKeyOf(lease), { runs: [lease.id] });
    try {
      headHeldBy(seen, lease);
    } catch (error) {
      return error;
    }
    return new LeaseLost(lease.id);
  }
}
