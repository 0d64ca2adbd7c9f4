import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { redisStore } from '../../../../../src/adapters/outbound/persistence/redis/redis-store.js';
import { type Store, StoreNotUsable } from '../../../../../src/adapters/outbound/persistence/store.js';
import { StoreUnavailable } from '../../../../../src/domain/errors.js';
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
import { issuesOf } from '../../../../support/issues-of.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { eventsOf } from '../../../../support/pulled.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { within } from '../../../../support/within.js';
import { RedisStores } from './redis-stores.js';

describe('redis store, set up', () => {
  let server: RedisServer;
  let stores: RedisStores;
  let log: MemoryLogger;

  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server.close());

  beforeEach(() => {
    stores = new RedisStores(server.url);
    log = new MemoryLogger();
  });
  afterEach(() => stores.close());

  /** What was said at the start, once it has been. */
  async function advice(): Promise<readonly string[]> {
    await stores.open({ log });
    await delay(50);
    return log.lines.map(({ level, message }) => `${level}: ${message}`);
  }

  it('says nothing about a server that keeps everything', async () => {
    expect(await advice()).to.deep.equal([]);
  });

  it('warns of a server that may lose messages or throw sessions away', async () => {
    const admin = stores.client();
    await admin.config('SET', 'appendonly', 'no', 'maxmemory-policy', 'volatile-lru');
    expect(await advice()).to.deep.equal([
      'warn: redis writes no append-only file, so its restart may lose messages; set "appendonly yes"',
      'warn: redis may throw sessions away when its memory is full; set "maxmemory-policy noeviction"',
    ]);
    await admin.config('SET', 'appendonly', 'yes', 'maxmemory-policy', 'noeviction');
  });

  describe('with a user that may not do everything', () => {
    async function as(...rights: string[]): Promise<RedisStores> {
      await stores.client().call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>secret', '~*', ...rights);
      return new RedisStores(server.url.replace('//', '//limited:secret@'));
    }

    async function converse(store: Store, reader: Store): Promise<string> {
      await store.sessions.accept(aTurn());
      const reading = collect(eventsOf(reader.journal, 'run1', 0, NEVER));
      await store.journal.append(aLease(), chunks(['Hi']), NEVER);
      await store.runs.end(aLease(), aReply('Hi', 1));
      return textOf(await within(4000, reading));
    }

    it('needs no CONFIG', async () => {
      const limited = await as('&*', '+@all', '-config');
      const store = await limited.open({ log });
      await delay(50);
      expect(log.lines).to.deep.equal([]);
      expect(await converse(store, store)).to.equal('Hi');
      await limited.close();
    });

    it('says in one line for the curious that it was not told how data are kept', async () => {
      const limited = await as('&*', '+@all', '-config', '-info');
      const store = await limited.open({ log });
      await delay(50);
      expect(log.lines.map(({ level }) => level)).to.deep.equal(['debug']);
      expect(await converse(store, store)).to.equal('Hi');
      await limited.close();
    });

    it('works without channels, only later', async () => {
      const limited = await as('resetchannels', '+@all');
      const [store, other] = await Promise.all([limited.open({ log }), limited.open()]);
      expect(await converse(store, other)).to.equal('Hi');
      expect(log.lines.map(({ message }) => message)).to.deep.equal([
        'redis does not allow subscriptions; what other processes write is noticed late',
      ]);
      await store.sessions.accept(aTurn({ runId: 'run2' }));
      const heard = store.runs.untilStopped(aLease('run2'), NEVER);
      await other.runs.askToStop('run2', 'cancelled', NEW_YEAR);
      expect(await within(2000, heard)).to.equal('cancelled');
      await limited.close();
    });
  });

  describe('where waiting would not help, does not start, and says why', () => {
    async function refusal(url: string, settings = {}): Promise<unknown> {
      const error = await errorOf(new RedisStores(url).open({ settings }));
      return error instanceof StoreNotUsable ? error.message : error;
    }

    it('a wrong password', async () => {
      expect(await refusal(server.url.replace('//', '//limited:wrong@'))).to.equal(
        'Redis refuses the user name or the password in AGENT_RUNTIME__STORE_URL.',
      );
    });

    it('no password where there must be one', async () => {
      const locked = await RedisServer.start();
      const admin = stores.client(locked.url);
      await admin.config('SET', 'requirepass', 'p:@/ä?');
      expect(await refusal(locked.url)).to.equal(
        'Redis refuses the user name or the password in AGENT_RUNTIME__STORE_URL.',
      );
      const open = new RedisStores(locked.url.replace('//', `//:${encodeURIComponent('p:@/ä?')}@`));
      await (await open.open()).ready();
      await open.close();
      await locked.close();
    });

    it('a database that is not there', async () => {
      expect(await refusal(`${server.url}/99`)).to.equal(
        'Redis has no database with the number in AGENT_RUNTIME__STORE_URL.',
      );
    });

    it('but never takes another database than that, also where the server comes later', async () => {
      const late = await RedisServer.start();
      await late.stop();
      const patient = new RedisStores(`${late.url}/99`);
      const store = await patient.open();
      await late.start();
      await delay(300);
      expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
      expect(await stores.client(late.url).dbsize()).to.equal(0);
      await patient.close();
      await late.close();
    });

    it('a cluster that is none, and none that is one', async () => {
      expect(await refusal(server.url, { REDIS_CLUSTER: 'true' })).to.equal(
        'AGENT_RUNTIME__REDIS_CLUSTER is true, but this Redis is not a cluster.',
      );
      const cluster = await RedisServer.startCluster();
      expect(await refusal(cluster.url)).to.equal('This Redis is a cluster; set AGENT_RUNTIME__REDIS_CLUSTER to true.');
      await cluster.close();
    });
  });

  it('keeps to its database and its prefix', async () => {
    const [first, second] = [new RedisStores(server.url), new RedisStores(`${server.url}/3`)];
    const [a, b] = [await first.open(), await second.open({ settings: { REDIS_PREFIX: first.prefix } })];
    await a.sessions.accept(aTurn());
    expect(await b.sessions.list(10, undefined)).to.deep.equal([]);
    const other = await first.open({ settings: { REDIS_PREFIX: 'other' } });
    expect(await other.sessions.list(10, undefined)).to.deep.equal([]);
    await Promise.all([first.close(), second.close()]);
  });

  describe('reads its settings', () => {
    const issues = (settings: Record<string, string>) =>
      issuesOf(redisStore, settings).map((issue) => issue.replace(/:.*/s, ''));

    for (const url of [
      'redis://localhost',
      'rediss://user:p%40ss@redis.example:6380/2',
      'redis://[::1]:6379',
      'REDIS://h',
    ]) {
      it(`takes ${url}`, () => expect(issues({ STORE_URL: url })).to.deep.equal([]));
    }

    for (const url of ['redis:', 'redis:///0', 'http://h', 'redis://h/name', 'redis://h?db=1', 'redis://h:99999', '']) {
      it(`refuses ${url || 'nothing'}, without repeating it`, () => {
        expect(issues({ STORE_URL: url })).to.deep.equal(['STORE_URL']);
        expect(issuesOf(redisStore, { STORE_URL: 'redis://u:secret@h/name' }).join()).not.to.include('secret');
      });
    }

    it('refuses other values that it cannot use', () => {
      const url = { STORE_URL: 'redis://h' };
      expect(issues({ ...url, REDIS_PREFIX: '{a}' })).to.deep.equal(['REDIS_PREFIX']);
      expect(issues({ ...url, REDIS_CLUSTER: 'yes' })).to.deep.equal(['REDIS_CLUSTER']);
      expect(issues({ ...url, SESSION_TTL_S: '0', JOURNAL_TTL_S: 'x' })).to.deep.equal([
        'SESSION_TTL_S',
        'JOURNAL_TTL_S',
      ]);
    });
  });
});
