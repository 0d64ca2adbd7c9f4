import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { sqliteStore } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import type { Clock } from '../../../../../src/application/ports/clock.js';
import { ResumeExpired, RunNotFound, SessionNotFound, StoreUnavailable } from '../../../../../src/domain/errors.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { describeBroughtSessions } from '../../../../contracts/brought-session.contract.js';
import { describeLongSession } from '../../../../contracts/long-session.contract.js';
import { describeRandomSteps } from '../../../../contracts/random-steps.contract.js';
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
import { FixedClock } from '../../../../support/fixed-clock.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { NewFiles } from './new-files.js';

const HOUR = 60 * 60 * 1000;
const STRANGE = ' \ufeff\u2028\u2029 "quotes" \\ \u{1f600} e\u0301 \u0001\u007f\r\n\ttail\ufeff ';

describe('SQLite store', () => {
  const files = new NewFiles();
  let clock: FixedClock;
  let path: string;

  before(() => files.begin());
  after(() => files.remove());
  beforeEach(() => {
    clock = new FixedClock();
    path = files.next();
  });

  function reopen(settings: Record<string, string> = {}): Promise<Store> {
    const dependencies = { clock, log: new MemoryLogger(), leaseMilliseconds: 15_000 };
    return sqliteStore.open({ STORE_URL: `sqlite:${path}`, ...settings }, dependencies);
  }

  function open(clock: Clock = new FixedClock(), leaseMilliseconds = 15_000): Promise<Store> {
    const dependencies = { clock, log: new MemoryLogger(), leaseMilliseconds };
    return sqliteStore.open({ STORE_URL: `sqlite:${files.next()}` }, dependencies);
  }

  describeSessionRepository('SqliteSessionRepository', open);
  describeSessionSize('SqliteSessionRepository', open);
  describeUnlistedSessions('SQLite store', () => open());
  describeSessionLabels('SqliteSessionRepository', open);
  describeBroughtSessions('sqlite store', open);
  describeSessionOwners('SQLite store', () => open());
  describeRecentSessions('SQLite store', () => open());
  describeWaitingTurns('sqlite store', open);
  describeRunRepository('SqliteRunRepository', open);
  describeRunJournal('SqliteRunJournal', open);
  describeRunAudience('the audience of a SQLite store', open);
  describeLongSession('SQLite store', open);
  describeRandomSteps('SQLite store', open);
  describeRunLeases('SqliteRunLeases', (leaseMilliseconds) => open(new SystemClock(), leaseMilliseconds));

  describeSessionLedger('SqliteLedger', () => open(new SystemClock()));

  describeSessionKeeping('SQLite store', async (ttlSeconds) => ({
    store: await reopen({ SESSION_TTL_S: `${ttlSeconds}` }),
    age: async (seconds) => clock.advance(seconds * 1000),
  }));

  async function converse(store: Store, sessionId: string, text = 'Hi'): Promise<void> {
    const runId = `run-of-${sessionId}`;
    await store.sessions.accept(aTurn({ runId, sessionId, content: text, at: clock.now() }));
    await store.journal.append(aLease(runId, { sessionId }), chunks([text]), NEVER);
    await store.runs.end(aLease(runId, { sessionId }), aReply(text, 1, { at: clock.now() }));
  }

  describe('opened again', () => {
    it('has everything as it was', async () => {
      const before = await reopen();
      await converse(before, 'answered', STRANGE);
      await before.sessions.accept(aTurn({ key: 'key' }));
      await before.sessions.accept(aTurn({ runId: 'queued', onBusy: 'queue' }));
      await before.runs.askToStop('run1', 'interrupted', NEW_YEAR);
      await before.journal.append(aLease(), chunks([STRANGE, 'b']), NEVER);
      const found = await everythingIn(before);
      await before.close();
      const after = await reopen();
      expect(await everythingIn(after)).to.deep.equal(found);
      expect(found.messages.map(({ content }) => content)).to.deep.equal([STRANGE, STRANGE]);
      expect(textOf(found.events)).to.equal(STRANGE);
      await after.close();
    });

    async function everythingIn({ sessions, runs, journal }: Store) {
      return {
        list: await sessions.list(9, undefined),
        messages: await messagesIn(sessions, 'answered'),
        runs: await Promise.all(['run-of-answered', 'run1', 'queued'].map((id) => runs.find(id))),
        events: await collect(eventsOf(journal, 'run-of-answered', 0, NEVER)),
        position: await journal.position('run1'),
        accepted: await sessions.findAccepted(aTurn({ key: 'key' })),
      };
    }

    it('takes every lease of the process before for over, at once', async () => {
      const before = await reopen();
      await before.sessions.accept(aTurn());
      await before.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
      expect(await before.leases.claimOrphans(9)).to.deep.equal([]);
      await before.close();
      const after = await reopen();
      const claimed = await after.leases.claimOrphans(9);
      expect(claimed.map(({ id, epoch }) => ({ id, epoch }))).to.deep.equal([{ id: 'run1', epoch: 2 }]);
      expect(await after.leases.claimOrphans(9)).to.deep.equal([]);
      await after.close();
    });
  });

  it('makes no folder on the way to its file, and names the one that is missing', async () => {
    const folder = `${path}-not-there`;
    path = `${folder}/yet/store.db`;
    expect(await errorOf(reopen()))
      .to.have.property('message')
      .that.includes(`there is no folder ${folder}/yet; create it`);
    expect(existsSync(folder)).to.equal(false);
  });

  it('leaves one file behind when it is closed, and is unavailable from then on', async () => {
    const store = await reopen();
    await converse(store, 'session1');
    await store.close();
    await store.close();
    expect(existsSync(path)).to.equal(true);
    expect(existsSync(`${path}-wal`)).to.equal(false);
    const calls = [store.ready(), store.sessions.find('session1'), store.sessions.accept(aTurn())];
    for (const error of await Promise.all(calls.map(errorOf))) expect(error).to.be.instanceOf(StoreUnavailable);
  });

  describe('refuses to open', () => {
    async function refusal(): Promise<string> {
      const error = await errorOf(reopen());
      return error instanceof Error ? error.message : String(error);
    }

    it('a file that is in use', async () => {
      const store = await reopen();
      expect(await refusal()).to.equal(
        `The SQLite store ${path} cannot be opened: another process uses it; stop that one, or name another file in AGENT_RUNTIME__STORE_URL.`,
      );
      await converse(store, 'session1');
      await store.close();
      await (await reopen()).close();
    });

    it('a file that is no database', async () => {
      writeFileSync(path, 'just a text, and long enough to be looked at. '.repeat(100));
      expect(await refusal()).to.match(/ cannot be opened: it is no SQLite database; move it away, or /);
    });

    it('a damaged file', async () => {
      const store = await reopen();
      await converse(store, 'session1');
      await store.close();
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xff, 100, 200));
      expect(await refusal()).to.match(/ cannot be opened: it is damaged; restore it from a backup, or /);
    });

    it('a directory', async () => {
      path = `${path}/..`;
      expect(await refusal()).to.match(
        / cannot be opened: it is a folder, or name another file in AGENT_RUNTIME__STORE_URL/,
      );
    });

    it('a path through a file', async () => {
      writeFileSync(path, '');
      path = `${path}/x.db`;
      expect(await refusal()).to.match(
        / cannot be opened: there is no folder .*; create it, or name another file in AGENT_RUNTIME__STORE_URL/,
      );
    });

    for (const [url, problem] of [
      ['sqlite:', /must be sqlite: and the path of a file/],
      ['sqlite:./data/', /names a folder/],
      ['sqlite: ', /must be sqlite: and the path of a file/],
      ['sqlite::memory:', /names no file; memory: is the store/],
      ['sqlite:///var/lib/x.db', /must have the path right behind the colon/],
    ] as const) {
      it(`the address ${JSON.stringify(url)}`, () => {
        expect(issuesOf(sqliteStore, { STORE_URL: url }).join()).to.match(problem);
      });
    }
  });

  describe('with the time', () => {
    it('forgets sessions that are idle for their time, and never one that is being answered', async () => {
      const store = await reopen({ SESSION_TTL_S: '10' });
      await converse(store, 'idle');
      await store.sessions.accept(aTurn({ runId: 'busy', sessionId: 'busy', at: clock.now() }));
      clock.advance(9_999);
      expect(await store.sessions.list(10, undefined)).to.have.length(2);
      clock.advance(1);
      expect((await store.sessions.list(10, undefined)).map(({ id }) => id)).to.deep.equal(['busy']);
      expect(await errorOf(store.sessions.find('idle'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(messagesIn(store.sessions, 'idle'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(store.runs.find('run-of-idle'))).to.be.instanceOf(RunNotFound);
      expect(await errorOf(store.journal.position('run-of-idle'))).to.be.instanceOf(RunNotFound);
      await store.runs.end(aLease('busy', { sessionId: 'busy' }), aReply('', 0, { at: clock.now() }));
      clock.advance(9_999);
      expect(await store.sessions.find('busy')).to.include({ id: 'busy' });
      await store.close();
    });

    it('begins an expired session afresh', async () => {
      const store = await reopen({ SESSION_TTL_S: '10' });
      await store.sessions.accept(aTurn({ key: 'key', content: 'old' }));
      await store.runs.end(aLease(), aReply());
      clock.advance(10_000);
      const fresh = await store.sessions.accept(aTurn({ runId: 'run2', key: 'key', content: 'new', at: clock.now() }));
      expect(fresh).to.deep.include({ replayed: false });
      expect((await messagesIn(store.sessions, 'session1')).map(({ content }) => content)).to.deep.equal(['new']);
      expect(await errorOf(store.runs.find('run1'))).to.be.instanceOf(RunNotFound);
      await store.close();
    });

    it('forgets a journal an hour after its ending; the run and the message stay', async () => {
      const store = await reopen();
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
      await store.close();
    });

    it('forgets an idempotency key after a day', async () => {
      const store = await reopen({ SESSION_TTL_S: '200000' });
      await store.sessions.accept(aTurn({ key: 'key', at: clock.now() }));
      await store.runs.end(aLease(), aReply('', 0, { at: clock.now() }));
      clock.advance(24 * HOUR - 1);
      expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.include({ id: 'run1' });
      clock.advance(1);
      expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.equal(undefined);
      expect(await store.sessions.accept(aTurn({ runId: 'run2', key: 'key' }))).to.include({ replayed: false });
      expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.include({ id: 'run2' });
      await store.close();
    });
  });

  it('does not bring a deleted session back when the turn that began it is given again', async () => {
    const store = await reopen();
    await store.sessions.accept(aTurn());
    await store.sessions.delete('session1', NEW_YEAR);
    expect(await errorOf(store.sessions.accept(aTurn()))).to.be.instanceOf(RunNotFound);
    expect(await store.sessions.list(9, undefined)).to.deep.equal([]);
    await store.close();
  });
});
