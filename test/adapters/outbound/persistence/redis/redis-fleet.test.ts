import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { JournalGap, LeaseLost, SessionBusy } from '../../../../../src/domain/errors.js';
import type { RunLease } from '../../../../../src/domain/run.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
import {
  aLease,
  aReply,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  NEW_YEAR,
  textOf,
} from '../../../../support/builders.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { SeededRandom } from '../../../../support/seeded-random.js';
import { within } from '../../../../support/within.js';
import { RedisStores } from './redis-stores.js';

interface Mode {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  start(): Promise<{ readonly url: string; close?(): Promise<void> }>;
}

const modes: readonly Mode[] = [
  { name: 'one server', settings: {}, start: async () => ({ url: (await RedisServer.shared()).url }) },
  { name: 'a cluster', settings: { REDIS_CLUSTER: 'true' }, start: () => RedisServer.startCluster() },
];

/** Random ones on each kind of server, so that there are a hundred. */
const INTERLEAVINGS = 50;

for (const { name, settings, start } of modes) {
  describe(`two processes with one redis (${name})`, () => {
    let server: Awaited<ReturnType<Mode['start']>>;
    let stores: RedisStores;
    let a: Store;
    let b: Store;

    before(async () => {
      server = await start();
    });
    after(() => server.close?.());

    async function open(leaseMilliseconds = 15_000): Promise<void> {
      stores = new RedisStores(server.url);
      const options = { settings, leaseMilliseconds };
      [a, b] = await Promise.all([stores.open(options), stores.open(options)]);
    }

    beforeEach(() => open());
    afterEach(() => stores.close());

    it('give a reader in one what the other writes, live', async () => {
      await a.sessions.accept(aTurn());
      const arrived = new Map<number, number>();
      const reading = (async () => {
        for await (const events of eventsOf(b.journal, 'run1', 0, NEVER))
          for (const { sequence } of events) arrived.set(sequence, performance.now());
      })();
      const appended = new Map<number, number>();
      for (let sequence = 1; sequence <= 100; sequence += 1) {
        appended.set(sequence, performance.now());
        await a.journal.append(aLease('run1'), chunks(['x'], sequence), NEVER);
        await delay(2);
      }
      await a.runs.end(aLease('run1'), aReply('x'.repeat(100), 100));
      await within(1000, reading);
      const late = [...appended].map(([sequence, at]) => (arrived.get(sequence) ?? Number.POSITIVE_INFINITY) - at);
      expect(late.sort((x, y) => x - y)[50]).to.be.lessThan(20);
      expect([...arrived.keys()]).to.deep.equal(Array.from({ length: 101 }, (_, index) => index + 1));
    });

    it('let a reader in one replay what the other has written', async () => {
      await a.sessions.accept(aTurn());
      await a.journal.append(aLease('run1'), chunks(['a', 'b', 'c']), NEVER);
      await a.runs.end(aLease('run1'), aReply('abc', 3));
      expect(textOf(await collect(eventsOf(b.journal, 'run1', 1, NEVER)))).to.equal('bc');
      expect((await messagesIn(b.sessions, 'session1')).map(({ content }) => content)).to.deep.equal(['Hello', 'abc']);
    });

    it('bring a request to stop to the one that writes', async () => {
      await a.sessions.accept(aTurn());
      const heard = a.runs.untilStopped(aLease(), NEVER);
      await b.runs.askToStop('run1', 'cancelled', NEW_YEAR);
      expect(await within(500, heard)).to.equal('cancelled');
    });

    it('bring an interruption and a deletion to the one that writes, and the ending to readers', async () => {
      await a.sessions.accept(aTurn());
      const interrupted = a.runs.untilStopped(aLease(), NEVER);
      await b.sessions.accept(aTurn({ runId: 'run2', onBusy: 'interrupt' }));
      expect(await within(500, interrupted)).to.equal('interrupted');
      const { next } = await a.runs.end(aLease('run1'), aReply('', 0, { finishReason: 'interrupted' }));
      expect(next?.id).to.equal('run2');
      const stopped = a.runs.untilStopped(aLease('run2'), NEVER);
      const readers = [a, b].map((store) => eventsOf(store.journal, 'run2', 0, NEVER)[Symbol.asyncIterator]());
      await a.journal.append(aLease('run2'), chunks(['x']), NEVER);
      for (const reader of readers) expect((await reader.next()).value).to.have.length(1);
      await b.sessions.delete('session1', NEW_YEAR);
      expect(await within(500, stopped)).to.equal('cancelled');
      await errorOf(a.runs.end(aLease('run2'), aReply('x', 1)));
      for (const reader of readers)
        expect((await within(500, reader.next())).value).to.deep.equal([
          { type: 'run-end', sequence: 2, finishReason: 'cancelled', usage: undefined, at: NEW_YEAR },
        ]);
    });

    it('keep a former writer out once the other has claimed its run', async () => {
      await stores.close();
      await open(300);
      await a.sessions.accept(aTurn());
      const reading = collect(eventsOf(a.journal, 'run1', 0, NEVER));
      await a.journal.append(aLease('run1'), chunks(['a']), NEVER);
      await delay(350);
      const [run] = await b.leases.claimOrphans(10);
      expect(run).to.include({ id: 'run1', epoch: 2 });
      expect(await errorOf(a.journal.append(aLease('run1'), chunks(['zombie'], 2), NEVER))).to.be.instanceOf(LeaseLost);
      await b.journal.append(aLease('run1', { epoch: 2 }), chunks(['b'], 2), NEVER);
      await b.runs.end(aLease('run1', { epoch: 2 }), aReply('ab', 2));
      expect(textOf(await within(1000, reading))).to.equal('ab');
    });

    it('accept one of fifty copies of a message with one key', async () => {
      const turns = Array.from({ length: 50 }, (_, index) => aTurn({ runId: `run${index}`, key: 'key' }));
      const accepted = await Promise.all(turns.map((turn, index) => (index % 2 ? a : b).sessions.accept(turn)));
      expect(new Set(accepted.map(({ run }) => run.id))).to.have.property('size', 1);
      expect(accepted.filter(({ replayed }) => !replayed)).to.have.length(1);
      expect(await messagesIn(a.sessions, 'session1')).to.have.length(1);
    });

    it('accept one of two messages that come at once', async () => {
      for (let round = 0; round < 20; round += 1) {
        const sessionId = `session${round}`;
        const results = await Promise.allSettled([
          a.sessions.accept(aTurn({ sessionId, runId: `a${round}` })),
          b.sessions.accept(aTurn({ sessionId, runId: `b${round}`, content: 'Other' })),
        ]);
        const refused = results.filter((result) => result.status === 'rejected');
        expect(refused).to.have.length(1);
        expect(refused[0]?.reason).to.be.instanceOf(SessionBusy);
        expect(await messagesIn(a.sessions, sessionId)).to.have.length(1);
      }
      expect(await b.sessions.list(100, undefined)).to.have.length(20);
    });

    it('queue all of many messages that come at once, each once', async () => {
      await a.sessions.accept(aTurn());
      const queued = Array.from({ length: 20 }, (_, index) =>
        aTurn({ runId: `q${index}`, onBusy: 'queue', queueLimit: 20 }),
      );
      await Promise.all(queued.map((turn, index) => (index % 2 ? a : b).sessions.accept(turn)));
      expect(await b.sessions.find('session1')).to.include({ queuedRuns: 20, messageCount: 21 });
      expect(await messagesIn(b.sessions, 'session1')).to.have.length(21);
    });

    it('know of the readers of each other', async () => {
      await a.audience.attend('run1');
      await b.audience.attend('run1');
      expect(await a.audience.leave('run1')).to.equal(true);
      expect(await a.audience.deserted(['run1', 'run2'])).to.deep.equal(['run2']);
      expect(await b.audience.leave('run1')).to.equal(false);
      expect(await a.audience.deserted(['run1', 'run2'])).to.deep.equal(['run1', 'run2']);
    });

    it('forget the readers of a process that is gone', async () => {
      await stores.close();
      await open(200);
      await a.audience.attend('run1');
      expect(await b.audience.deserted(['run1'])).to.deep.equal([]);
      await delay(250);
      expect(await b.audience.deserted(['run1'])).to.deep.equal(['run1']);
    });

    it('never mix two writers in a journal, nor leave a gap, whatever the interleaving', async () => {
      await stores.close();
      await open(1);
      const random = new SeededRandom();
      let contested = 0;
      for (let round = 0; round < INTERLEAVINGS; round += 1) {
        const ids = { runId: `run${round}`, sessionId: `session${round}` };
        const events = await interleave([a, b], ids, random);
        const seed = `seed ${random.seed}, round ${round}`;
        const epochs = events.flatMap((event) => (event.type === 'text-delta' ? [Number(event.text)] : []));
        expect(epochs, seed).to.deep.equal([...epochs].sort((x, y) => x - y));
        expect(
          events.map(({ sequence }) => sequence),
          seed,
        ).to.deep.equal(events.map((_, index) => index + 1));
        expect(events.at(-1)?.type, seed).to.equal('run-end');
        if (new Set(epochs).size > 1) contested += 1;
      }
      expect(contested).to.be.greaterThan(10);
    });
  });
}

interface Writer {
  readonly lease: RunLease;
  readonly store: Store;
  next: number;
}

/** Writers and claimers at once, as chance will have it; each token is the epoch of its writer. Returns the journal. */
async function interleave(
  stores: readonly [Store, Store],
  { runId, sessionId }: { runId: string; sessionId: string },
  random: SeededRandom,
): Promise<readonly RunEvent[]> {
  const { run } = await stores[0].sessions.accept(aTurn({ runId, sessionId }));
  const first = { lease: run, store: stores[0], next: 1 };
  const writers: Writer[] = [first];
  const append = async (writer: Writer) => {
    const texts = Array.from({ length: 1 + random.whole(3) }, () => `${writer.lease.epoch}`);
    const from = Math.max(1, writer.next - random.whole(2));
    try {
      await writer.store.journal.append(writer.lease, chunks(texts, from), NEVER);
      writer.next = Math.max(writer.next, from + texts.length);
    } catch (error) {
      expect(error).to.satisfy((thrown: unknown) => thrown instanceof LeaseLost || thrown instanceof JournalGap);
    }
  };
  const claim = async (store: Store) => {
    for (const lease of await store.leases.claimOrphans(10)) {
      if (lease.id !== runId) continue;
      const { last } = await store.journal.position(runId);
      writers.push({ lease, store, next: last + 1 });
    }
  };
  for (let step = 0; step < 6; step += 1) {
    const acts = Array.from({ length: 3 }, () => random.oneOf(['append', 'append', 'claim']));
    const act = (what: string) =>
      what === 'claim' ? claim(random.oneOf(stores)) : append(writers[random.whole(writers.length)] ?? first);
    await Promise.all(acts.map(act));
  }
  const newest = writers.reduce((best, writer) => (writer.lease.epoch > best.lease.epoch ? writer : best));
  const { last } = await newest.store.journal.position(runId);
  await newest.store.runs.end(newest.lease, aReply('', last));
  return collect(eventsOf(stores[1].journal, runId, 0, NEVER));
}
