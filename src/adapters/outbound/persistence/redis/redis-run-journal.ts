import { z } from 'zod';
import type { JournalPosition, RunJournal, TakeEvents } from '../../../../application/ports/run-journal.js';
import { JournalGap } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { TokenChunk } from '../../../../domain/token-chunk.js';
import { unlessDeleted } from '../farewell.js';
import type { RedisSystem } from './redis-system.js';
import { checkRefusal, gapIn } from './refusal.js';
import { appendScript } from './scripts/append.js';

export class RedisRunJournal implements RunJournal {
  constructor(private readonly redis: RedisSystem) {}

  async append(lease: RunLease, chunks: readonly TokenChunk[]): Promise<void> {
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
      // Whether somebody else writes is not known any more.
      feed.writesNoMore(lease.id);
      throw error;
    }
  }

  position(runId: string): Promise<JournalPosition> {
    return this.redis.pages.position(runId);
  }

  async read(runId: string, after: number, signal: AbortSignal, take: TakeEvents): Promise<void> {
    await unlessDeleted(this.redis.pages.position(runId));
    await this.redis.feed.read(runId, after, signal, take);
  }

  /** Where the journal stood before. */
  private async store(lease: RunLease, chunks: readonly TokenChunk[], first: number): Promise<number> {
    const { connection, keys, times } = this.redis;
    const [session] = keys.session(lease.sessionId);
    const names = [session, keys.journal(lease.sessionId, lease.id)];
    const texts = chunks.map(({ text }) => text);
    const values = [lease.id, lease.epoch, `${keys.news}${lease.id}`, times.busy, first, ...texts];
    const answer = await connection.run(appendScript, names, values);
    checkRefusal(lease.id, answer);
    const expected = gapIn(answer);
    if (expected !== undefined) throw new JournalGap(lease.id, expected, first);
    return z.number().parse(answer);
  }
}
