import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { LeaseLost } from '../../../../../src/domain/errors.js';
import type { RunLease } from '../../../../../src/domain/run.js';
import { aLease, aTurn, chunks, NEVER } from '../../../../support/builders.js';
import type { SeededRandom } from '../../../../support/seeded-random.js';

const STEPS = 15;

interface Writer {
  readonly store: Store;
  readonly lease: RunLease;
  /** The last event that it knows of. */
  last: number;
}

/** Writers of many runs who replace one another, and who mostly do not notice that they were replaced. Leases are to be
 *  over at once. */
export class WriterCrowd {
  private readonly writers = new Map<string, Writer[]>();
  /** What the store has promised to keep. */
  private readonly acknowledged = new Map<string, string[]>();

  constructor(
    private readonly stores: readonly [Store, Store],
    private readonly random: SeededRandom,
  ) {}

  /** A text says who wrote it: `2.7,` is the seventh step, by the second writer. */
  async write(runId: string): Promise<readonly string[]> {
    const [store] = this.stores;
    const sessionId = `session-of-${runId}`;
    await store.sessions.accept(aTurn({ runId, sessionId }));
    this.writers.set(runId, [{ store, lease: aLease(runId, { sessionId }), last: 0 }]);
    this.acknowledged.set(runId, []);
    const doing: Promise<void>[] = [];
    for (let step = 0; step < STEPS; step += 1) {
      doing.push(this.random.whole(4) === 0 ? this.replaceAny() : this.append(runId, step));
      if (this.random.whole(3) === 0) await Promise.all(doing.splice(0));
    }
    await Promise.all(doing);
    return this.acknowledged.get(runId) ?? [];
  }

  /** How many writers have come so far. */
  get size(): number {
    return [...this.writers.values()].reduce((size, writers) => size + writers.length, 0);
  }

  /** By the one who has the lease, or by one who had it. */
  private async append(runId: string, step: number): Promise<void> {
    const writers = this.writers.get(runId) ?? [];
    const writer = this.random.whole(3) === 0 ? writers[this.random.whole(writers.length)] : writers.at(-1);
    if (writer === undefined) return;
    const text = `${writer.lease.epoch}.${step},`;
    const sequence = writer.last + 1;
    writer.last = sequence;
    try {
      await writer.store.journal.append(writer.lease, chunks([text], sequence), NEVER);
      this.acknowledged.get(runId)?.push(text);
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
  }

  private async replaceAny(): Promise<void> {
    await delay(2);
    const store = this.random.oneOf(this.stores);
    for (const lease of await store.leases.claimOrphans(3)) {
      const { last } = await store.journal.position(lease.id);
      this.writers.get(lease.id)?.push({ store, lease, last });
    }
  }
}
