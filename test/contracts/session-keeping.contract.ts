import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { IdempotencyMismatch, RunNotFound, SessionNotFound } from '../../src/domain/errors.js';
import { aReply, aTurn, chunks, collect, errorOf, NEVER } from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';
import { eventsOf } from '../support/pulled.js';

/** A store whose time the test makes. */
export interface AgingStore {
  readonly store: Store;
  /** From now on it is so much later for all that is kept. */
  age(seconds: number): Promise<void>;
}

const TTL = 1000;
const DAY = 86_400;

/** How long every store keeps a session. `open` gives an empty one that keeps idle sessions for so many seconds. */
export function describeSessionKeeping(name: string, open: (ttlSeconds: number) => Promise<AgingStore>): void {
  describe(`${name}, keeping sessions`, () => {
    let store: Store;
    let age: AgingStore['age'];
    /** By the clock of the client, which no store measures with. */
    let time: Date;

    beforeEach(async () => {
      const aging = await open(TTL);
      store = aging.store;
      time = new Date('2026-01-01');
      age = async (seconds) => {
        time = new Date(time.getTime() + seconds * 1000);
        await aging.age(seconds);
      };
    });

    afterEach(async () => {
      await store.close();
    });

    async function answer(runId = 'run1'): Promise<void> {
      const { run } = await store.sessions.accept(aTurn({ runId, key: 'key', at: time }));
      await store.journal.append(run, chunks(['Hi']), NEVER);
      await store.runs.end(run, aReply('Hi', 1, { at: time }));
    }

    async function isThere(): Promise<boolean> {
      return (await store.sessions.list(9, undefined)).length === 1;
    }

    it('forgets one that is idle for its time, with its runs; its id begins afresh', async () => {
      await answer();
      await age(TTL - 10);
      expect(await isThere()).to.equal(true);
      await age(20);
      expect(await isThere()).to.equal(false);
      expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(messagesIn(store.sessions, 'session1'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(store.runs.find('run1'))).to.be.instanceOf(RunNotFound);
      await answer('run2');
      expect(await store.sessions.find('session1')).to.include({ messageCount: 2 });
    });

    it('counts a message and the end of an answer as use', async () => {
      await answer();
      await age(TTL - 10);
      const { run } = await store.sessions.accept(aTurn({ runId: 'run2', at: time }));
      await age(TTL - 10);
      await store.runs.end(run, aReply('', 0, { at: time }));
      await age(TTL - 10);
      expect(await isThere()).to.equal(true);
      await age(20);
      expect(await isThere()).to.equal(false);
    });

    it('counts no reading as use, and no repeat of a message', async () => {
      await answer();
      await age(TTL - 10);
      await store.sessions.find('session1');
      await messagesIn(store.sessions, 'session1');
      await store.sessions.list(9, undefined);
      await store.runs.find('run1');
      await collect(eventsOf(store.journal, 'run1', 0, NEVER));
      await store.sessions.findAccepted(aTurn({ key: 'key' }));
      await store.sessions.accept(aTurn({ runId: 'run2', key: 'key', at: time }));
      await age(20);
      expect(await isThere()).to.equal(false);
    });

    it('frees an idempotency key after a day, also where its session lives longer', async () => {
      await store.close();
      const aging = await open(3 * DAY);
      store = aging.store;
      const { run } = await store.sessions.accept(aTurn({ key: 'key', at: time }));
      await store.runs.end(run, aReply('', 0, { at: time }));
      const again = aTurn({ runId: 'run2', key: 'key', content: 'Other', at: time });
      await aging.age(DAY - 10);
      expect(await errorOf(store.sessions.accept(again))).to.be.instanceOf(IdempotencyMismatch);
      await aging.age(20);
      expect(await store.sessions.accept(again)).to.include({ replayed: false });
      expect(await store.sessions.find('session1')).to.include({ messageCount: 2, activeRunId: 'run2' });
    });

    it('never forgets one that is answering', async () => {
      await store.sessions.accept(aTurn({ at: time }));
      await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue', at: time }));
      await age(3 * TTL);
      expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run1', queuedRuns: 1 });
      expect(await store.runs.find('run2')).to.include({ status: 'queued' });
    });
  });
}
