import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import type { FinishedReply } from '../../src/application/ports/run-repository.js';
import type { NewTurn } from '../../src/application/ports/session-repository.js';
import { LeaseLost, RunEnded } from '../../src/domain/errors.js';
import type { Run, RunEnding } from '../../src/domain/run.js';
import {
  aLease,
  anAttempt,
  aReply,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  type TurnFields,
  textOf,
} from '../support/builders.js';
import { eventsOf } from '../support/pulled.js';

const LEASE = 400;

/** Leases need a clock that runs, and by that one a turn of long ago would be forgotten. */
function aTurnNow(fields: TurnFields = {}): NewTurn {
  return aTurn({ at: new Date(), ...fields });
}

function aReplyNow(text = '', lastSequence = 0, ending: Partial<RunEnding> = {}): FinishedReply {
  return aReply(text, lastSequence, { at: new Date(), ...ending });
}

/** What every RunLeases promises. `open` gives an empty store with leases of so many milliseconds, on a clock that
 *  runs. */
export function describeRunLeases(name: string, open: (leaseMilliseconds: number) => Promise<Store>): void {
  describe(`${name} as RunLeases`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open(LEASE);
    });

    afterEach(async () => {
      await store.close();
    });

    async function claimed(): Promise<readonly Run[]> {
      return store.leases.claimOrphans(100);
    }

    async function orphan(): Promise<Run> {
      await delay(LEASE + 50);
      const [run] = await claimed();
      if (run === undefined) throw new Error('nothing to claim');
      return run;
    }

    it('gives an orphan to one claimer only, with the next epoch', async () => {
      const { run } = await store.sessions.accept(aTurnNow());
      expect(run.epoch).to.equal(1);
      await delay(LEASE + 50);
      const claims = (await Promise.all(Array.from({ length: 5 }, claimed))).flat();
      expect(claims.map(({ id, epoch, status }) => ({ id, epoch, status }))).to.deep.equal([
        { id: 'run1', epoch: 2, status: 'running' },
      ]);
      expect(await store.runs.find('run1')).to.deep.equal(claims[0]);
      expect(await claimed()).to.deep.equal([]);
    });

    it('lets a message with a key that is given again after that only read its run: nothing begins', async () => {
      await store.sessions.accept(aTurnNow({ key: 'key' }));
      const run = await orphan();
      const again = aTurnNow({ runId: 'run2', key: 'key', onBusy: 'interrupt' });
      expect(await store.sessions.findAccepted(again)).to.deep.equal(run);
      expect(await store.sessions.accept(again)).to.deep.equal({ run, replayed: true });
      expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run1', queuedRuns: 0, messageCount: 1 });
      await store.runs.end(run, aReplyNow());
      const ended = await store.runs.find('run1');
      expect(await store.sessions.accept(again)).to.deep.equal({ run: ended, replayed: true });
      expect(await store.sessions.find('session1')).to.include({ activeRunId: undefined, messageCount: 1 });
      expect(await claimed()).to.deep.equal([]);
    });

    it('leaves a run alone as long as its lease is renewed', async () => {
      await store.sessions.accept(aTurnNow());
      for (let round = 0; round < 4; round += 1) {
        await delay(LEASE / 2);
        expect(await store.leases.renew([aLease('run1')])).to.deep.equal([]);
        expect(await claimed()).to.deep.equal([]);
      }
    });

    it('gives an orphan when its lease is over, whatever was sent to its session meanwhile', async () => {
      await store.sessions.accept(aTurnNow());
      await delay(LEASE * 0.7);
      await store.sessions.accept(aTurnNow({ runId: 'run2', onBusy: 'queue' }));
      await delay(LEASE * 0.3 + 50);
      expect((await claimed()).map(({ id }) => id)).to.deep.equal(['run1']);
    });

    it('renews a lease that is over but not claimed, and tells which are lost', async () => {
      await store.sessions.accept(aTurnNow());
      await store.sessions.accept(aTurnNow({ runId: 'run2', sessionId: 'session2' }));
      await store.sessions.accept(aTurnNow({ runId: 'run3', sessionId: 'session3' }));
      await store.runs.end(aLease('run2', { sessionId: 'session2' }), aReplyNow());
      await store.sessions.delete('session3', new Date());
      await delay(LEASE + 50);
      const gone = [
        aLease('run2', { sessionId: 'session2' }),
        aLease('run3', { sessionId: 'session3' }),
        aLease('none', { sessionId: 'none' }),
      ];
      expect(await store.leases.renew([aLease('run1'), ...gone])).to.deep.equal(gone);
      expect(await claimed()).to.deep.equal([]);
      expect(await store.leases.renew([aLease('run1', { epoch: 2 })])).to.deep.equal([aLease('run1', { epoch: 2 })]);
      expect(await store.leases.renew([])).to.deep.equal([]);
    });

    it('turns the former writer away from every write, and takes those of the new one', async () => {
      await store.sessions.accept(aTurnNow());
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      const run = await orphan();
      const writes = [
        store.journal.append(aLease('run1'), chunks(['b'], 2), NEVER),
        store.journal.append(aLease('run1'), chunks(['a']), NEVER),
        store.runs.beginAttempt(aLease('run1'), anAttempt()),
        store.runs.end(aLease('run1'), aReplyNow('a', 1)),
      ];
      for (const error of await Promise.all(writes.map(errorOf))) expect(error).to.be.instanceOf(LeaseLost);
      expect(await store.leases.renew([aLease('run1')])).to.deep.equal([aLease('run1')]);
      expect(await store.runs.beginAttempt(run, anAttempt())).to.include({ attempts: 1, epoch: 2 });
      await store.journal.append(run, chunks(['c'], 2), NEVER);
      await store.runs.end(run, aReplyNow('ac', 2));
      expect(textOf(await collect(eventsOf(store.journal, 'run1', 0, NEVER)))).to.equal('ac');
      expect(await errorOf(store.runs.end(aLease('run1'), aReplyNow('a', 1)))).to.be.instanceOf(RunEnded);
    });

    it('gives readers what the new writer writes, also those who read before', async () => {
      await store.sessions.accept(aTurnNow());
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      const run = await orphan();
      await store.runs.end(run, aReplyNow('a', 1, { finishReason: 'interrupted' }));
      expect((await reading).map(({ sequence }) => sequence)).to.deep.equal([1, 2]);
    });

    it('gives readers what the new writer writes, also when the former one still tries to', async () => {
      await store.sessions.accept(aTurnNow());
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      const run = await orphan();
      for (const sequence of [2, 3]) {
        const late = store.journal.append(aLease('run1'), chunks(['late'], sequence), NEVER);
        expect(await errorOf(late)).to.be.instanceOf(LeaseLost);
        await store.journal.append(run, chunks(['b'], sequence), NEVER);
      }
      expect(await errorOf(store.runs.end(aLease('run1'), aReplyNow('a', 1)))).to.be.instanceOf(LeaseLost);
      await store.runs.end(run, aReplyNow('abb', 3));
      const events = await reading;
      expect(events.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3, 4]);
      expect(textOf(events)).to.equal('abb');
    });

    it('tells the claimer what its run was asked', async () => {
      await store.sessions.accept(aTurnNow());
      await store.runs.beginAttempt(aLease('run1'), anAttempt());
      await store.runs.askToStop('run1', 'cancelled', new Date());
      await store.runs.askToStop('run1', 'interrupted', new Date());
      expect(await orphan()).to.include({ attempts: 1, stopCause: 'cancelled', epoch: 2 });
    });

    it('claims no more than asked for, and everything in the end', async () => {
      for (const index of [1, 2, 3])
        await store.sessions.accept(aTurnNow({ runId: `run${index}`, sessionId: `s${index}` }));
      await delay(LEASE + 50);
      const first = await store.leases.claimOrphans(2);
      expect(first).to.have.length(2);
      const all = [...first, ...(await claimed())].map(({ id }) => id).sort();
      expect(all).to.deep.equal(['run1', 'run2', 'run3']);
    });

    it('gives no run twice in one claim, however soon its lease is over', async () => {
      await store.close();
      store = await open(1);
      const ids = Array.from({ length: 40 }, (_, index) => `run${index}`);
      for (const runId of ids) await store.sessions.accept(aTurnNow({ runId, sessionId: runId }));
      await delay(5);
      const all = (await store.leases.claimOrphans(1000)).map(({ id }) => id);
      expect(all.toSorted()).to.deep.equal(ids.toSorted());
    });

    it('leaves queued and ended runs alone', async () => {
      await store.sessions.accept(aTurnNow());
      await store.sessions.accept(aTurnNow({ runId: 'run2', onBusy: 'queue' }));
      await store.sessions.accept(aTurnNow({ runId: 'run3', sessionId: 'session3' }));
      await store.runs.end(aLease('run3', { sessionId: 'session3' }), aReplyNow());
      await delay(LEASE + 50);
      expect((await claimed()).map(({ id }) => id)).to.deep.equal(['run1']);
    });

    it('leases the next run to the process that ended the one before', async () => {
      await store.sessions.accept(aTurnNow());
      await store.sessions.accept(aTurnNow({ runId: 'run2', onBusy: 'queue' }));
      const { next } = await store.runs.end(aLease('run1'), aReplyNow());
      expect(next).to.include({ id: 'run2', epoch: 1, status: 'running' });
      expect(await claimed()).to.deep.equal([]);
      expect((await orphan()).epoch).to.equal(2);
    });

    it('hands the next run over to whoever claims it first, at once', async () => {
      await store.sessions.accept(aTurnNow());
      await store.sessions.accept(aTurnNow({ runId: 'run2', onBusy: 'queue' }));
      const { next } = await store.runs.end(aLease('run1'), { ...aReplyNow(), handsOver: true });
      expect(next).to.equal(undefined);
      expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run2', queuedRuns: 0 });
      const claims = (await Promise.all([claimed(), claimed()])).flat();
      expect(claims.map(({ id, epoch }) => ({ id, epoch }))).to.deep.equal([{ id: 'run2', epoch: 1 }]);
      await store.runs.end(claims[0] ?? aLease('none'), aReplyNow());
      expect(await store.sessions.find('session1')).to.include({ activeRunId: undefined });
    });
  });
}
