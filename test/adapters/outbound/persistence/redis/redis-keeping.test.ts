import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { ResumeExpired, RunNotFound, SessionNotFound } from '../../../../../src/domain/errors.js';
import {
  ANYBODY,
  aLease,
  aReply,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  NEW_YEAR,
} from '../../../../support/builders.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { RedisStores } from './redis-stores.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LEASE = 100;
/** So many entries, by the server itself: to tell it each would take longer than the test. */
const LET_EXPIRE = `
for index = 1, tonumber(ARGV[2]) do
  redis.call('ZADD', KEYS[1], '0', ARGV[1] .. 'gone' .. index)
  redis.call('ZADD', KEYS[2], '1', ARGV[1] .. 'gone' .. index)
end`;

describe('redis store, keeping things', () => {
  let stores: RedisStores;
  let redis: Redis;
  let store: Store;

  beforeEach(async () => {
    stores = new RedisStores((await RedisServer.shared()).url);
    redis = stores.client();
  });
  afterEach(() => stores.close());

  const key = (name: string) => `${stores.prefix}:${name}`;

  async function keys(): Promise<readonly string[]> {
    const found = await redis.keys(`${stores.prefix}:*`);
    return found.map((name) => name.slice(stores.prefix.length + 1)).sort();
  }

  async function converse(runId = 'run1', sessionId = 'session1'): Promise<void> {
    const { run } = await store.sessions.accept(aTurn({ runId, sessionId, key: `key of ${runId}` }));
    await store.journal.append(run, chunks(['Hi']), NEVER);
    await store.runs.end(run, aReply('Hi', 1));
  }

  describe('for their time', () => {
    it('gives every key a time to live, but for the index of what is there', async () => {
      store = await stores.open();
      await converse();
      await store.sessions.accept(aTurn({ runId: 'run2', key: 'key' }));
      await store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'queue' }));
      await store.sessions.accept(aTurn({ runId: 'run4', onBusy: 'queue' }));
      await store.sessions.accept(aTurn({ runId: 'run5', onBusy: 'interrupt' }));
      await store.runs.askToStop('run4', 'cancelled', NEW_YEAR);
      await store.journal.append(aLease('run2'), chunks(['a']), NEVER);
      await store.audience.attend('run2');
      await converse('deleted', 'deleted');
      await store.sessions.accept(aTurn({ runId: 'deleted2', sessionId: 'deleted' }));
      await store.journal.append(aLease('deleted2', { sessionId: 'deleted' }), chunks(['a']), NEVER);
      await store.sessions.delete('deleted', NEW_YEAR);
      await store.ready();
      const all = await keys();
      expect(all.length).to.be.greaterThan(15);
      const forever: string[] = [];
      for (const name of all) if ((await redis.pttl(key(name))) === -1) forever.push(name);
      expect(forever).to.deep.equal(['{index}:agenda', '{index}:sessions', '{index}:updates']);
    });

    it('has no entry in the list of sessions for one that is not listed, also where an older version made one', async () => {
      store = await stores.open();
      const choice = { transcript: [] };
      const { run } = await store.sessions.accept(aTurn({ choice, at: new Date() }));
      await store.leases.renew([run]);
      expect(await redis.zcard(key('{index}:sessions'))).to.equal(0);
      await redis.zunionstore(key('{index}:sessions'), 1, key('{index}:agenda'));
      expect(await store.sessions.list(9, undefined)).to.deep.equal([]);
      expect(await redis.zcard(key('{index}:sessions'))).to.equal(0);
      expect(await redis.zcard(key('{index}:agenda'))).to.equal(1);
    });

    it('has every session in the order of updates, also those that an older version began', async () => {
      store = await stores.open();
      const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
      for (const [index, sessionId] of ['a', 'b', 'c'].entries())
        await store.sessions.accept(aTurn({ runId: `run${index}`, sessionId, at: at(index) }));
      await store.runs.end(aLease('run0', { sessionId: 'a' }), aReply('', 0, { at: at(9) }));
      await redis.del(key('{index}:updates'));
      const { sessions } = await store.sessions.recent(9, undefined, ANYBODY, NEVER);
      expect(sessions.map(({ id }) => id)).to.deep.equal(['a', 'c', 'b']);
      await store.sessions.delete('c', at(10));
      expect(await redis.zcard(key('{index}:updates'))).to.equal(2);
    });

    it('keeps nothing of a deleted session but what attached readers need, and that for minutes', async () => {
      store = await stores.open();
      await converse();
      await store.sessions.accept(aTurn({ runId: 'run2' }));
      await store.sessions.delete('session1', NEW_YEAR);
      const rest = await keys();
      expect(rest.filter((name) => !name.includes('key:') && !name.startsWith('run:'))).to.deep.equal([
        '{session1}:journal:run1',
        '{session1}:journal:run2',
      ]);
      for (const name of rest.filter((rest) => rest.includes('journal')))
        expect(await redis.pttl(key(name))).to.be.within(MINUTE, 5 * MINUTE);
    });

    it('forgets an idle session after its time, never one that is being answered, and the index follows', async () => {
      store = await stores.open({ settings: { SESSION_TTL_S: '1' }, leaseMilliseconds: LEASE });
      await converse('idle', 'idle');
      await store.sessions.accept(aTurn({ runId: 'busy', sessionId: 'busy' }));
      await store.sessions.accept(aTurn({ runId: 'queued', sessionId: 'busy', onBusy: 'queue' }));
      await delay(1100);
      expect((await store.sessions.list(10, undefined)).map(({ id }) => id)).to.deep.equal(['busy']);
      expect(await errorOf(store.sessions.find('idle'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(store.runs.find('idle'))).to.be.instanceOf(RunNotFound);
      const [busy] = await store.leases.claimOrphans(10);
      expect(await redis.zcard(key('{index}:agenda'))).to.equal(1);
      const { next } = await store.runs.end(busy ?? aLease(), aReply());
      await store.runs.end(next ?? aLease(), aReply());
      await delay(1100);
      while ((await redis.zcard(key('{index}:sessions'))) > 0) await store.leases.claimOrphans(10);
      expect((await keys()).filter((name) => name.includes('busy}') && !name.includes('journal'))).to.deep.equal([]);
      expect(await redis.exists(key('{index}:agenda'))).to.equal(0);
    });

    describe('with an index of sessions that have long expired', () => {
      async function openWith(expired: number): Promise<void> {
        store = await stores.open({ leaseMilliseconds: LEASE });
        await converse('old', 'old');
        const [entry = ''] = await redis.zrange(key('{index}:sessions'), '0', '0');
        // Newer than the one that is there, so that they stand before it.
        const newer = String(Number(entry.slice(0, 16)) - 1).padStart(16, '0');
        await redis.eval(LET_EXPIRE, 2, key('{index}:sessions'), key('{index}:agenda'), newer, expired);
      }

      it('lists what is there, and removes the others as it passes them, a hundred thousand', async () => {
        await openWith(100_000);
        expect((await store.sessions.list(1, undefined)).map(({ id }) => id)).to.deep.equal(['old']);
        expect(await redis.zcard(key('{index}:sessions'))).to.equal(1);
        expect(await redis.zcard(key('{index}:agenda'))).to.equal(1);
      });

      it('stops looking when nobody waits for the list', async () => {
        await openWith(5000);
        const left = new AbortController();
        const listing = errorOf(store.sessions.list(1, undefined, left.signal));
        left.abort(new Error('left'));
        expect(await listing).to.have.property('message', 'left');
        expect(await redis.zcard(key('{index}:sessions'))).to.be.greaterThan(4990);
      });

      it('removes no entry of a session that is just about to get its message', async () => {
        await openWith(5000);
        const soon = Array.from({ length: 10 }, (_, index) => `${'0'.repeat(16)}soon${index}`);
        await redis.zadd(key('{index}:agenda'), ...soon.flatMap((name) => [`${Date.now() + MINUTE}`, name]));
        await redis.zadd(key('{index}:sessions'), ...soon.flatMap((name) => ['0', name]));
        expect((await store.sessions.list(1, undefined)).map(({ id }) => id)).to.deep.equal(['old']);
        expect(await redis.zcard(key('{index}:sessions'))).to.equal(11);
      });
    });

    it('keeps a session and its journal as long as its lease is renewed', async () => {
      store = await stores.open();
      await store.sessions.accept(aTurn());
      await store.journal.append(aLease(), chunks(['a']), NEVER);
      const names = ['{session1}', '{session1}:journal:run1'];
      for (const name of names) await redis.pexpire(key(name), 5000);
      await store.leases.renew([aLease()]);
      for (const name of names) expect(await redis.pttl(key(name))).to.be.within(DAY - MINUTE, DAY);
    });

    it('forgets a journal after its time; the run and the message stay', async () => {
      store = await stores.open({ settings: { JOURNAL_TTL_S: '1' } });
      await converse();
      expect(await store.journal.position('run1')).to.deep.equal({ last: 2, ended: true });
      await delay(1050);
      expect(await errorOf(store.journal.position('run1'))).to.be.instanceOf(ResumeExpired);
      expect(await errorOf(collect(eventsOf(store.journal, 'run1', 0, NEVER)))).to.be.instanceOf(ResumeExpired);
      expect(await store.runs.find('run1')).to.include({ status: 'completed' });
      expect(await messagesIn(store.sessions, 'session1')).to.have.length(2);
    });

    it('keeps an idempotency key for a day', async () => {
      store = await stores.open();
      await converse();
      expect(await redis.pttl(key('{session1}:key:key of run1'))).to.be.within(DAY - MINUTE, DAY);
    });
  });

  describe('wherever a process dies', () => {
    beforeEach(async () => {
      store = await stores.open({ leaseMilliseconds: LEASE });
    });

    async function claimed(): Promise<readonly string[]> {
      await delay(LEASE + 20);
      return (await store.leases.claimOrphans(10)).map(({ id }) => id);
    }

    it('lists nothing of a message that was announced and not accepted, and forgets the announcement', async () => {
      await store.sessions.accept(aTurn());
      await redis.del(key('{session1}'));
      expect(await store.sessions.list(10, undefined)).to.deep.equal([]);
      expect(await errorOf(store.runs.find('run1'))).to.be.instanceOf(RunNotFound);
      expect(await claimed()).to.deep.equal([]);
      expect(await redis.exists(key('{index}:sessions'), key('{index}:agenda'))).to.equal(0);
    });

    it('finds a run by its id again once it is taken up, though the way to it was lost', async () => {
      await store.sessions.accept(aTurn());
      await redis.del(key('run:run1'));
      expect(await claimed()).to.deep.equal(['run1']);
      expect(await (await stores.open()).runs.find('run1')).to.include({ epoch: 2 });
    });

    it('takes up a run of which only its writer knew, once that has renewed its lease and died', async () => {
      await store.sessions.accept(aTurn());
      await redis.del(key('{index}:sessions'), key('{index}:agenda'));
      await store.leases.renew([aLease()]);
      expect(await store.sessions.list(10, undefined)).to.have.length(1);
      expect(await claimed()).to.deep.equal(['run1']);
    });

    it('lists a session once that was created again before the index forgot the former one', async () => {
      await store.sessions.accept(aTurn());
      const [former = ''] = await redis.zrange(key('{index}:sessions'), '0', '-1');
      await store.sessions.delete('session1', NEW_YEAR);
      await redis.zadd(key('{index}:sessions'), '0', former);
      await redis.zadd(key('{index}:agenda'), '1', former);
      await store.sessions.accept(aTurn({ runId: 'run2', at: new Date(NEW_YEAR.getTime() + 1) }));
      expect(await store.sessions.list(10, undefined)).to.have.length(1);
      expect(await claimed()).to.deep.equal(['run2']);
      expect(await redis.zcard(key('{index}:sessions'))).to.equal(1);
    });

    it('never puts off a session that gets a message while it is looked at', async () => {
      const other = await stores.open({ leaseMilliseconds: LEASE });
      for (let round = 0; round < 200; round += 1) {
        const ids = { runId: `first${round}`, sessionId: `session${round}` };
        await store.runs.end((await store.sessions.accept(aTurn(ids))).run, aReply());
        const agenda = key('{index}:agenda');
        for (const entry of await redis.zrange(agenda, '0', '-1')) await redis.zadd(agenda, '1', entry);
        await Promise.all([
          store.sessions.accept(aTurn({ ...ids, runId: `second${round}` })),
          other.leases.claimOrphans(10),
          other.leases.claimOrphans(10),
        ]);
        const [, score] = await redis.zrevrangebyscore(agenda, '+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 1);
        const [seconds, micros] = await redis.time();
        expect(Number(score)).to.be.lessThan(Number(seconds) * 1000 + Number(micros) / 1000 + LEASE + 1);
        await store.sessions.delete(ids.sessionId, NEW_YEAR);
      }
    });

    it('claims many runs in spite of many sessions that are only to be forgotten', async () => {
      for (let index = 0; index < 300; index += 1) {
        await store.sessions.accept(aTurn({ runId: `run${index}`, sessionId: `session${index}` }));
        if (index % 3 > 0) await redis.del(key(`{session${index}}`));
      }
      await delay(LEASE + 20);
      // Whose leases are not over before it has claimed all.
      const { leases } = await stores.open();
      expect(await leases.claimOrphans(10)).to.have.length(10);
      expect(await leases.claimOrphans(1000)).to.have.length(90);
      expect(await redis.zcard(key('{index}:sessions'))).to.equal(100);
    });
  });
});
