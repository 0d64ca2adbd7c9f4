import { expect } from 'chai';
import { storeOver } from '../../../src/adapters/outbound/persistence/ledger-store.js';
import { memoryStore } from '../../../src/adapters/outbound/persistence/memory/memory-store.js';
import { StopWatch } from '../../../src/adapters/outbound/persistence/stop-watch.js';
import type { Store } from '../../../src/adapters/outbound/persistence/store.js';
import type { SessionLedger, Step } from '../../../src/application/ports/session-ledger.js';
import { JournalGap, RunEnded, RunNotFound, StoreUnavailable } from '../../../src/domain/errors.js';
import type { Message } from '../../../src/domain/message.js';
import { aLease, anAttempt, aReply, aTurn, chunks, errorOf, NEVER, NEW_YEAR } from '../../support/builders.js';
import { FixedClock } from '../../support/fixed-clock.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { messagesIn } from '../../support/messages-in.js';

/** One process, and how often another one was faster. */
interface Process {
  readonly store: Store;
  retries: number;
  /** It cannot look at a session. */
  isBlind: boolean;
  /** So many of its steps are kept, and it does not hear of it. */
  deafTo: number;
}

const DEPENDENCIES = { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 };

function said({ role, content }: Message): string {
  return `${role}: ${content}`;
}

async function processesOnOneLedger(): Promise<readonly [Process, Process]> {
  const { ledger, journal, audience } = await memoryStore.open({}, DEPENDENCIES);
  if (ledger === undefined) throw new Error('no ledger');
  const open = (writer: string): Process => {
    const watched: SessionLedger = Object.assign(Object.create(ledger), {
      load: async (key: string, wanted: object) => {
        if (process.isBlind) throw new StoreUnavailable();
        return ledger.load(key, wanted);
      },
      commit: async (key: string, step: Step, wanted: object) => {
        const committed = await ledger.commit(key, step, wanted);
        if (process.deafTo === 0) return committed;
        process.deafTo -= 1;
        throw new StoreUnavailable();
      },
      history: async (key: string, range: object) => {
        if (process.isBlind) throw new StoreUnavailable();
        return ledger.history(key, range);
      },
    });
    const stops = new StopWatch({ heads: async () => new Map(), onError: () => {}, hearsAll: true });
    const parts = { ledger: watched, journal, audience, writer, stops, outlivesProcess: true };
    const nothing = async (): Promise<void> => {};
    const stepRetried = (): void => {
      process.retries += 1;
    };
    const store = storeOver(
      { ...parts, ready: nothing, close: nothing },
      { ...DEPENDENCIES, observer: { stepRetried, callSettled: () => {} } },
    );
    const process: Process = { store, retries: 0, isBlind: false, deafTo: 0 };
    return process;
  };
  return [open('here'), open('there')];
}

describe('the steps of a session', () => {
  let here: Process;
  let there: Process;

  beforeEach(async () => {
    [here, there] = await processesOnOneLedger();
    await here.store.sessions.accept(aTurn());
  });

  it('are decided again on what stands, where another process was faster, and that is counted', async () => {
    await there.store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'interrupt' }));
    expect(await here.store.runs.beginAttempt(aLease(), anAttempt())).to.include({
      attempts: 1,
      stopCause: 'interrupted',
    });
    expect(here.retries).to.equal(1);
    const { next } = await here.store.runs.end(aLease(), aReply());
    expect(next).to.include({ id: 'run2', epoch: 1 });
    expect({ here: here.retries, there: there.retries }).to.deep.equal({ here: 1, there: 0 });
  });

  it('need no look at a session whose run this process writes, from one run to the next', async () => {
    await here.store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
    here.isBlind = true;
    await here.store.runs.beginAttempt(aLease(), anAttempt());
    expect((await here.store.runs.end(aLease(), aReply())).next?.id).to.equal('run2');
    await here.store.runs.beginAttempt(aLease('run2'), anAttempt());
    await here.store.runs.end(aLease('run2'), aReply());
    expect(await errorOf(here.store.runs.beginAttempt(aLease('run2'), anAttempt()))).to.be.instanceOf(StoreUnavailable);
  });

  it('need no look at a history that the run begins which this process writes', async () => {
    const history = async (runId: string) => (await messagesIn(here.store.sessions, 'session1', runId)).map(said);
    await here.store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue', content: 'And?' }));
    here.isBlind = true;
    expect(await history('run1')).to.deep.equal(['user: Hello']);
    expect(await errorOf(history('run2'))).to.be.instanceOf(StoreUnavailable);
    await here.store.journal.append(aLease(), chunks(['Hi']), NEVER);
    await here.store.runs.end(aLease(), aReply('Hi', 1));
    expect(await errorOf(history('run2'))).to.be.instanceOf(StoreUnavailable);
    here.isBlind = false;
    expect(await history('run2')).to.deep.equal(['user: Hello', 'assistant: Hi', 'user: And?']);
  });

  it('are given again when their answer was lost, and are done: the run is this process’s to write', async () => {
    here.deafTo = 2;
    const turn = aTurn({ sessionId: 'session2', runId: 'run2', key: 'key' });
    expect(await here.store.sessions.accept(turn)).to.deep.include({ replayed: false });
    here.isBlind = true;
    expect(await here.store.runs.beginAttempt(aLease('run2', { sessionId: 'session2' }), anAttempt())).to.include({
      attempts: 1,
    });
    expect(here.retries).to.equal(0);
  });

  it('are given up where the store does not answer for a second', async () => {
    here.deafTo = Number.POSITIVE_INFINITY;
    const failure = await errorOf(here.store.sessions.accept(aTurn({ sessionId: 'session2', runId: 'run2' })));
    expect(failure).to.be.instanceOf(StoreUnavailable);
  });

  it('look again at a session that was let go', async () => {
    here.store.leases.letGo(aLease());
    here.isBlind = true;
    expect(await errorOf(here.store.runs.beginAttempt(aLease(), anAttempt()))).to.be.instanceOf(StoreUnavailable);
  });

  it('refuse nothing, and change nothing, on what this process only knew from before', async () => {
    await there.store.runs.end(aLease(), aReply('', 0, { finishReason: 'cancelled' }));
    expect(await here.store.runs.askToStop('run1', 'cancelled', NEW_YEAR)).to.include({ status: 'cancelled' });
    await there.store.sessions.accept(aTurn({ runId: 'run2' }));
    await there.store.sessions.delete('session1', NEW_YEAR);
    await there.store.sessions.accept(aTurn({ runId: 'run3' }));
    expect(await errorOf(here.store.runs.end(aLease(), aReply()))).to.be.instanceOf(RunNotFound);
    expect(await here.store.sessions.find('session1')).to.include({ activeRunId: 'run3', messageCount: 1 });
    expect(await there.store.runs.beginAttempt(aLease('run3'), anAttempt())).to.include({ attempts: 1 });
  });

  it('are made in line within a process: they only would get in each other’s way', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `queued${index}`);
    const turns = ids.map((runId) => aTurn({ runId, onBusy: 'queue' }));
    await Promise.all(turns.map((turn) => here.store.sessions.accept(turn)));
    expect(here.retries).to.equal(0);
    const contents = (await messagesIn(here.store.sessions, 'session1')).map(({ runId }) => runId);
    expect(contents).to.deep.equal(['run1', ...ids]);
  });

  it('go on behind one that was refused', async () => {
    const refused = errorOf(here.store.runs.end(aLease(), aReply('Hi', 2)));
    const ended = here.store.runs.end(aLease(), aReply());
    const late = errorOf(here.store.runs.beginAttempt(aLease(), anAttempt()));
    expect(await refused).to.be.instanceOf(JournalGap);
    expect((await ended).run).to.include({ status: 'completed' });
    expect(await late).to.be.instanceOf(RunEnded);
  });

  it('of many processes at once are all made, whoever is faster', async () => {
    const turns = (process: Process, name: string) =>
      [1, 2, 3].map((index) => process.store.sessions.accept(aTurn({ runId: `${name}${index}`, onBusy: 'queue' })));
    await Promise.all([...turns(here, 'here'), ...turns(there, 'there')]);
    expect(await here.store.sessions.find('session1')).to.include({ queuedRuns: 6, messageCount: 7 });
    expect(here.retries + there.retries).to.be.greaterThan(0);
  });

  it('say what the writer of a run wrote, and nothing of what came too late', async () => {
    await here.store.journal.append(aLease(), chunks(['a']), NEVER);
    expect(await errorOf(here.store.runs.end(aLease(), aReply('', 0))))
      .to.be.instanceOf(JournalGap)
      .with.property('message', 'The journal of run run1 goes on with event 1, not 0.');
  });
});
