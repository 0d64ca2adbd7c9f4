import { expect } from 'chai';
import { memoryStore } from '../../../../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { Overloaded, ResumeExpired, RunNotFound, SessionNotFound } from '../../../../../src/domain/errors.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { describeBroughtSessions } from '../../../../contracts/brought-session.contract.js';
import { describeLongSession } from '../../../../contracts/long-session.contract.js';
import { describeRecentSessions } from '../../../../contracts/recent-sessions.contract.js';
import { describeRunAudience } from '../../../../contracts/run-audience.contract.js';
import { describeRunJournal } from '../../../../contracts/run-journal.contract.js';
import { describeRunLeases } from '../../../../contracts/run-leases.contract.js';
import { describeRunRepository } from '../../../../contracts/run-repository.contract.js';
import { describeSessionKeeping } from '../../../../contracts/session-keeping.contract.js';
import { describeSessionLabels } from '../../../../contracts/session-labels.contract.js';
import { describeSessionLedger } from '../../../../contracts/session-ledger.contract.js';
import { describeSessionOwners } from '../../../../contracts/session-owners.contract.js';
import { describeSessionRepository } from '../../../../contracts/session-repository.contract.js';
import { describeSessionSize } from '../../../../contracts/session-size.contract.js';
import { describeUnlistedSessions } from '../../../../contracts/unlisted-sessions.contract.js';
import { describeWaitingTurns } from '../../../../contracts/waiting-turn.contract.js';
import { aLease, aReply, aTurn, chunks, collect, errorOf, NEVER } from '../../../../support/builders.js';
import { FixedClock } from '../../../../support/fixed-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';

const HOUR = 60 * 60 * 1000;
const MIB = 1024 * 1024;

describe('memory store', () => {
  let clock: FixedClock;

  async function open(settings: Record<string, string> = {}): Promise<Store> {
    clock = new FixedClock();
    return memoryStore.open(settings, { clock, log: new MemoryLogger(), leaseMilliseconds: 15_000 });
  }

  describeSessionRepository('MemorySessionRepository', open);
  describeSessionSize('MemorySessionRepository', open);
  describeUnlistedSessions('memory store', open);
  describeSessionLabels('MemorySessionRepository', open);
  describeBroughtSessions('memory store', open);
  describeSessionOwners('memory store', open);
  describeRecentSessions('memory store', open);
  describeWaitingTurns('memory store', open);
  describeRunRepository('MemoryRunRepository', open);
  describeRunJournal('MemoryRunJournal', open);
  describeRunAudience('the audience of a memory store', open);
  describeRunLeases('MemoryRunLeases', (leaseMilliseconds) =>
    memoryStore.open({}, { clock: new SystemClock(), log: new MemoryLogger(), leaseMilliseconds }),
  );

  describeLongSession('memory store', open);

  describeSessionLedger('MemoryLedger', () =>
    memoryStore.open({}, { clock: new SystemClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 }),
  );

  describeSessionKeeping('memory store', async (ttlSeconds) => ({
    store: await open({ SESSION_TTL_S: `${ttlSeconds}` }),
    age: async (seconds) => clock.advance(seconds * 1000),
  }));

  async function converse(store: Store, sessionId: string, text = 'Hi', runId = `run-of-${sessionId}`): Promise<void> {
    await store.sessions.accept(aTurn({ runId, sessionId, at: clock.now() }));
    await store.journal.append(aLease(runId, { sessionId }), chunks([text]), NEVER);
    await store.runs.end(aLease(runId, { sessionId }), aReply(text, 1, { at: clock.now() }));
  }

  it('makes room for a new session by forgetting the one that was idle longest', async () => {
    const store = await open({ MAX_SESSIONS: '3' });
    await store.sessions.accept(aTurn({ runId: 'busy', sessionId: 'busy' }));
    for (const id of ['first', 'second']) await converse(store, id);
    await converse(store, 'first', 'Hi', 'again');
    await converse(store, 'third');
    const kept = (await store.sessions.list(10, undefined)).map(({ id }) => id).sort();
    expect(kept).to.deep.equal(['busy', 'first', 'third']);
  });

  it('takes no new session when every one is being answered, and stores nothing of it', async () => {
    const store = await open({ MAX_SESSIONS: '1' });
    await store.sessions.accept(aTurn());
    const refused = store.sessions.accept(aTurn({ runId: 'run2', sessionId: 'session2' }));
    expect(await errorOf(refused)).to.be.instanceOf(Overloaded);
    expect(await errorOf(store.sessions.find('session2'))).to.be.instanceOf(SessionNotFound);
  });

  it('forgets a journal an hour after its ending; the run and the message stay', async () => {
    const store = await open();
    await converse(store, 'session1');
    clock.advance(HOUR - 1);
    expect(await store.journal.position('run-of-session1')).to.deep.equal({ last: 2, ended: true });
    clock.advance(1);
    expect(await errorOf(store.journal.position('run-of-session1'))).to.be.instanceOf(ResumeExpired);
    expect(await errorOf(collect(eventsOf(store.journal, 'run-of-session1', 0, NEVER)))).to.be.instanceOf(
      ResumeExpired,
    );
    expect(await store.runs.find('run-of-session1')).to.include({ status: 'completed' });
    expect(await messagesIn(store.sessions, 'session1')).to.have.length(2);
  });

  it('forgets an idempotency key after a day', async () => {
    const store = await open({ SESSION_TTL_S: '200000' });
    await store.sessions.accept(aTurn({ key: 'key', at: clock.now() }));
    await store.runs.end(aLease('run1'), aReply('', 0, { at: clock.now() }));
    clock.advance(24 * HOUR - 1);
    expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.include({ id: 'run1' });
    clock.advance(1);
    expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.equal(undefined);
  });

  describe('with little room for journals', () => {
    const LARGE = 'x'.repeat(0.6 * MIB);

    it('lets ended journals go first', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      await converse(store, 'first', LARGE);
      await converse(store, 'second', LARGE);
      expect(await errorOf(store.journal.position('run-of-first'))).to.be.instanceOf(ResumeExpired);
      expect(await store.journal.position('run-of-second')).to.deep.include({ ended: true });
    });

    it('counts a text with one emoji twice, as the engine keeps it', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      await converse(store, 'first', 'x'.repeat(0.1 * MIB));
      await converse(store, 'second', `${'x'.repeat(0.5 * MIB)}🙂`);
      expect(await errorOf(store.journal.position('run-of-first'))).to.be.instanceOf(ResumeExpired);
    });

    it('lets a reader that holds a journal read it to its end', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      await converse(store, 'first', LARGE);
      const reading = eventsOf(store.journal, 'run-of-first', 0, NEVER)[Symbol.asyncIterator]();
      expect((await reading.next()).value).to.have.length(1);
      await converse(store, 'second', LARGE);
      expect((await reading.next()).value).to.have.length(1);
      expect((await reading.next()).done).to.equal(true);
    });

    it('makes later writers wait, never the one that began first, and lets them go on when that has ended', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      for (const id of ['first', 'second']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
      await store.journal.append(aLease('first', { sessionId: 'first' }), chunks([LARGE]), NEVER);
      let waited = true;
      const second = store.journal
        .append(aLease('second', { sessionId: 'second' }), chunks([LARGE]), NEVER)
        ?.then(() => {
          waited = false;
        });
      await store.journal.append(aLease('first', { sessionId: 'first' }), chunks([LARGE], 2), NEVER);
      expect(waited).to.equal(true);
      await store.runs.end(aLease('first', { sessionId: 'first' }), aReply(LARGE + LARGE, 2));
      await second;
      expect(await store.journal.position('second')).to.deep.equal({ last: 1, ended: false });
    });

    it('keeps the appends of a run in line while the first of them waits', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      for (const id of ['first', 'second']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
      await store.journal.append(aLease('first', { sessionId: 'first' }), chunks([LARGE]), NEVER);
      const appends = [LARGE, 'small', LARGE, 'small'].map((text, index) =>
        store.journal.append(aLease('second', { sessionId: 'second' }), chunks([text], index + 1), NEVER),
      );
      await store.runs.end(aLease('first', { sessionId: 'first' }), aReply(LARGE, 1));
      await Promise.all(appends);
      expect(await store.journal.position('second')).to.deep.equal({ last: 4, ended: false });
    });

    it('accepts no message that could only wait, and answers known keys', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      await store.sessions.accept(aTurn({ key: 'key' }));
      await store.journal.append(aLease('run1'), chunks([LARGE, LARGE]), NEVER);
      const refused = store.sessions.accept(aTurn({ runId: 'run2', sessionId: 'session2' }));
      expect(await errorOf(refused)).to.be.instanceOf(Overloaded);
      expect(await store.sessions.accept(aTurn({ runId: 'run3', key: 'key' }))).to.include({ replayed: true });
      await store.runs.end(aLease('run1'), aReply(LARGE + LARGE, 2));
      expect((await store.sessions.accept(aTurn({ runId: 'run2', sessionId: 'session2' }))).run.id).to.equal('run2');
    });

    it('ends the waiting of a writer that is stopped, with nothing added', async () => {
      const store = await open({ JOURNAL_MEMORY_MB: '1' });
      for (const id of ['first', 'second']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
      await store.journal.append(aLease('first', { sessionId: 'first' }), chunks([LARGE]), NEVER);
      const stop = new AbortController();
      const second = errorOf(
        store.journal.append(aLease('second', { sessionId: 'second' }), chunks([LARGE]), stop.signal),
      );
      stop.abort(new Error('stopped'));
      expect(await second).to.equal(stop.signal.reason);
      expect(await store.journal.position('second')).to.deep.equal({ last: 0, ended: false });
    });
  });

  describe('with little room for sessions', () => {
    /** Two of them do not fit, nor does one with an answer as large. */
    const LARGE = 'x'.repeat(0.6 * MIB);
    const keptIn = async (store: Store) => (await store.sessions.list(99, undefined)).map(({ id }) => id).sort();

    it('lets those go first that were idle longest, as many as are needed', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      for (const id of ['a', 'b', 'c', 'd']) await converse(store, id, 'x'.repeat(0.2 * MIB));
      await converse(store, 'a', 'short', 'again');
      await store.sessions.accept(aTurn({ runId: 'new', sessionId: 'new', content: 'x'.repeat(0.5 * MIB) }));
      expect(await keptIn(store)).to.deep.equal(['a', 'd', 'new']);
      expect(await errorOf(store.runs.find('run-of-b'))).to.be.instanceOf(RunNotFound);
      expect(await messagesIn(store.sessions, 'a')).to.have.length(4);
    });

    it('never lets one go that is answering or in which a message waits, and refuses what does not fit beside it', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      const queued = { sessionId: 'busy', onBusy: 'queue' } as const;
      await store.sessions.accept(aTurn({ ...queued, runId: 'active', content: 'x'.repeat(0.3 * MIB) }));
      await store.sessions.accept(aTurn({ ...queued, runId: 'waiting', content: 'x'.repeat(0.3 * MIB) }));
      await converse(store, 'idle');
      for (const sessionId of ['new', 'busy', 'idle']) {
        const turn = aTurn({ ...queued, runId: `more-in-${sessionId}`, sessionId, content: LARGE });
        expect(await errorOf(store.sessions.accept(turn)), sessionId).to.be.instanceOf(Overloaded);
      }
      // Nothing went for what was refused.
      expect(await keptIn(store)).to.deep.equal(['busy', 'idle']);
      expect(await store.runs.find('waiting')).to.include({ status: 'queued' });
      expect(await errorOf(store.runs.find('more-in-idle'))).to.be.instanceOf(RunNotFound);
    });

    it('does not stop an answer for a message that is refused', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      await store.sessions.accept(aTurn());
      const interrupting = aTurn({ runId: 'run2', onBusy: 'interrupt', content: LARGE + LARGE });
      expect(await errorOf(store.sessions.accept(interrupting))).to.be.instanceOf(Overloaded);
      expect(await store.runs.find('run1')).to.include({ status: 'running', stopCause: undefined });
    });

    it('refuses what would not fit if it were alone, for a session is never forgotten for its own message', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      await converse(store, 'long', LARGE);
      const more = aTurn({ runId: 'run2', sessionId: 'long', content: LARGE });
      expect(await errorOf(store.sessions.accept(more))).to.be.instanceOf(Overloaded);
      expect(await messagesIn(store.sessions, 'long')).to.have.length(2);
      await store.sessions.accept(aTurn({ runId: 'run3', sessionId: 'another', content: LARGE }));
      expect(await keptIn(store)).to.deep.equal(['another']);
    });

    it('answers a known key when it is full', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      await store.sessions.accept(aTurn({ key: 'key', content: LARGE }));
      const repeated = await store.sessions.accept(aTurn({ runId: 'run2', key: 'key', content: LARGE }));
      expect(repeated).to.deep.include({ replayed: true });
    });

    it('keeps an answer that is larger than all the room, and lets the idle ones go instead', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1', JOURNAL_MEMORY_MB: '9' });
      await converse(store, 'idle');
      await store.sessions.accept(aTurn({ runId: 'other', sessionId: 'other' }));
      await converse(store, 'talkative', LARGE + LARGE);
      expect(await keptIn(store)).to.deep.equal(['other', 'talkative']);
      expect((await messagesIn(store.sessions, 'talkative')).at(-1)?.content).to.equal(LARGE + LARGE);
      const next = aTurn({ runId: 'next', sessionId: 'next', at: clock.now() });
      expect((await store.sessions.accept(next)).run.status).to.equal('running');
      expect(await keptIn(store)).to.deep.equal(['next', 'other']);
    });

    it('counts an answer with one emoji twice', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1', JOURNAL_MEMORY_MB: '9' });
      await converse(store, 'first', 'x'.repeat(0.4 * MIB));
      await converse(store, 'second', 'x'.repeat(0.4 * MIB));
      expect(await keptIn(store)).to.deep.equal(['first', 'second']);
      await converse(store, 'first', '🙂', 'again');
      await converse(store, 'third', `${'x'.repeat(0.4 * MIB)}🙂`);
      expect(await keptIn(store)).to.deep.equal(['third']);
    });

    it('has room again for what was deleted or is forgotten', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1', SESSION_TTL_S: '60' });
      for (const [runId, leave] of [
        ['run1', () => store.sessions.delete('session1', clock.now())],
        ['run2', async () => clock.advance(60_000)],
        ['run3', async () => {}],
      ] as const) {
        await store.sessions.accept(aTurn({ runId, content: LARGE, key: 'key', at: clock.now() }));
        await store.runs.askToStop(runId, 'cancelled', clock.now());
        await store.runs.end(aLease(runId), aReply('', 0, { at: clock.now(), finishReason: 'cancelled' }));
        await leave();
      }
      expect(await keptIn(store)).to.deep.equal(['session1']);
    });

    it('is filled by runs without a word and by their keys, too', async () => {
      const store = await open({ SESSION_MEMORY_MB: '1' });
      await converse(store, 'first');
      let accepted = 0;
      while ((await keptIn(store)).includes('first')) {
        accepted += 1;
        const runId = `run${accepted}`;
        await store.sessions.accept(
          aTurn({ runId, content: 'x', key: `${accepted}`.padEnd(255, 'k'), at: clock.now() }),
        );
        await store.runs.end(aLease(runId), aReply('', 0, { at: clock.now() }));
      }
      expect(accepted).to.be.within(MIB / 4096, MIB / 2048);
    });
  });
});
