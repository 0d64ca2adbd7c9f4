import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { JournalGap, RunNotFound, StoreUnavailable } from '../../../../../src/domain/errors.js';
import type { RunLease } from '../../../../../src/domain/run.js';
import type { TokenChunk } from '../../../../../src/domain/token-chunk.js';
import { aLease, aReply, aTurn, chunks, collect, errorOf, NEVER, textOf } from '../../../../support/builders.js';
import { FaultProxy } from '../../../../support/fault-proxy.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { within } from '../../../../support/within.js';
import { DeafProxy } from './deaf-proxy.js';
import { RedisStores } from './redis-stores.js';

describe('redis store, when redis fails', () => {
  let server: RedisServer;
  let proxy: FaultProxy;
  let stores: RedisStores;
  let log: MemoryLogger;
  let store: Store;

  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server.close());

  beforeEach(async () => {
    proxy = await FaultProxy.start(server.port);
    stores = new RedisStores(`redis://127.0.0.1:${proxy.port}`);
    log = new MemoryLogger();
    store = await stores.open({ log });
  });

  afterEach(async () => {
    await stores.close();
    await proxy.close();
  });

  /** Appends until it succeeds, as its writer does. Returns how often the store was away. */
  async function append(lease: RunLease, added: readonly TokenChunk[]): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      try {
        await store.journal.append(lease, added, NEVER);
        return failures;
      } catch (error) {
        expect(error).to.be.instanceOf(StoreUnavailable);
        await delay(20);
      }
    }
  }

  async function unavailable(call: Promise<unknown> | undefined, milliseconds = 3200): Promise<void> {
    const error = await within(milliseconds, errorOf(call));
    expect(error).to.be.instanceOf(StoreUnavailable);
    expect(error).to.have.property('cause').which.does.not.have.property('command');
  }

  async function recovered(): Promise<void> {
    const end = performance.now() + 10_000;
    while (
      await store.ready().then(
        () => false,
        () => performance.now() < end,
      )
    )
      await delay(20);
    await store.ready();
  }

  it('loses nothing and doubles nothing when redis is killed and restarted while tokens are written', async () => {
    await store.sessions.accept(aTurn());
    const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
    const restart = delay(30).then(async () => {
      await server.stop('SIGKILL');
      await delay(200);
      await server.start();
    });
    let failures = 0;
    for (let sequence = 1; sequence <= 300 || failures === 0; sequence += 1) {
      failures += await append(aLease(), chunks([`${sequence},`], sequence));
    }
    await restart;
    const { last } = await store.journal.position('run1');
    const whole = Array.from({ length: last }, (_, index) => `${index + 1},`).join('');
    await store.runs.end(aLease(), aReply(whole, last));
    expect(textOf(await within(3000, reading))).to.equal(whole);
    expect(textOf(await collect(eventsOf(store.journal, 'run1', 0, NEVER)))).to.equal(whole);
    expect((await messagesIn(store.sessions, 'session1'))[1]?.content).to.equal(whole);
  });

  it('takes an append that was made but not answered as made', async () => {
    await store.sessions.accept(aTurn());
    const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
    for (let sequence = 1; sequence <= 50; sequence += 1) {
      const appending = append(aLease(), chunks([`${sequence},`], sequence));
      if (sequence % 5 === 0) await new Promise(setImmediate);
      if (sequence % 5 === 0) proxy.cut();
      await appending;
    }
    await recovered();
    await store.runs.end(aLease(), aReply('', 50));
    const whole = Array.from({ length: 50 }, (_, index) => `${index + 1},`).join('');
    expect(textOf(await within(3000, reading))).to.equal(whole);
  });

  it('answers an ending that was made but not answered with the same next run', async () => {
    await store.sessions.accept(aTurn());
    await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
    const end = () => store.runs.end(aLease(), aReply('', 0));
    proxy.loseAnswer(1);
    const ended = await end();
    expect(proxy.loseNothing()).to.equal(false);
    expect((await store.runs.find('run1')).status).to.equal('completed');
    for (const { run, next } of [ended, await end()]) {
      expect(run).to.include({ id: 'run1', status: 'completed' });
      expect(next).to.include({ id: 'run2', status: 'running', epoch: 1 });
    }
    expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: true });
  });

  it('says so within three seconds when redis is frozen, and goes on when it is thawed', async () => {
    await store.sessions.accept(aTurn());
    await store.journal.append(aLease(), chunks(['a']), NEVER);
    const reader = eventsOf(store.journal, 'run1', 0, NEVER)[Symbol.asyncIterator]();
    await reader.next();
    server.freeze();
    const thawed = delay(4000).then(() => server.thaw());
    await Promise.all([
      unavailable(store.journal.append(aLease(), chunks(['b'], 2), NEVER)),
      unavailable(store.ready(), 2000),
    ]);
    await append(aLease(), chunks(['b'], 2));
    await thawed;
    await append(aLease(), chunks(['c'], 3));
    await store.runs.end(aLease(), aReply('abc', 3));
    expect(textOf(await within(3000, collect({ [Symbol.asyncIterator]: () => reader })))).to.equal('bc');
  });

  it('notices connections that were forgotten on the way, and gives readers what came meanwhile', async () => {
    const deaf = await DeafProxy.start(server.port);
    const far = new RedisStores(`redis://127.0.0.1:${deaf.port}`);
    const reading = await far.open({ settings: { REDIS_PREFIX: stores.prefix } });
    await store.sessions.accept(aTurn());
    await store.journal.append(aLease(), chunks(['a']), NEVER);
    const reader = eventsOf(reading.journal, 'run1', 0, NEVER)[Symbol.asyncIterator]();
    await reader.next();
    deaf.forgetConnections();
    await store.journal.append(aLease(), chunks(['b'], 2), NEVER);
    expect((await within(10_000, reader.next())).value).to.have.length(1);
    // The connection that only listens is another one: until it is back, what comes is found by looking, and late.
    let last = 2;
    for (let late = Number.POSITIVE_INFINITY; late > 200; ) {
      last += 1;
      const appended = performance.now();
      await store.journal.append(aLease(), chunks(['c'], last), NEVER);
      expect((await within(3000, reader.next())).value).to.have.length(1);
      late = performance.now() - appended;
      expect(last).to.be.lessThan(20);
    }
    await store.runs.end(aLease(), aReply('', last));
    await far.close();
    deaf.close();
  });

  for (const key of ['key', undefined]) {
    it(`accepts a message once that is accepted and answered elsewhere while it is on its way (key: ${key})`, async () => {
      const near = new RedisStores(server.url);
      const other = await near.open({ settings: { REDIS_PREFIX: stores.prefix } });
      await other.runs.end((await other.sessions.accept(aTurn({ runId: 'run0' }))).run, aReply('Hi', 0));
      proxy.delay(20);
      const slow = store.sessions.accept(aTurn({ key, runId: key === undefined ? 'run1' : 'copy' }));
      // It has looked, and its answer is on the way back.
      await delay(30);
      await other.sessions.accept(aTurn({ key }));
      await other.runs.end(aLease(), aReply('Hi', 0));
      expect((await slow).run).to.include({ id: 'run1', status: 'completed' });
      expect(await messagesIn(other.sessions, 'session1')).to.have.length(4);
      await near.close();
    });
  }

  it('reaches a redis that refused connections as soon as it takes them', async () => {
    await store.sessions.accept(aTurn());
    proxy.refuse();
    proxy.cut();
    await unavailable(store.sessions.find('session1'));
    await unavailable(store.ready(), 2000);
    proxy.accept();
    await recovered();
    expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run1' });
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'redis cannot be reached',
      'redis is reachable again',
    ]);
  });

  it('waits for a connection that was cut rather than refuse what comes meanwhile', async () => {
    await store.sessions.accept(aTurn());
    proxy.cut();
    await delay(5);
    expect(await store.runs.find('run1')).to.include({ status: 'running' });
  });

  it('goes on after the server has forgotten its scripts', async () => {
    await store.sessions.accept(aTurn());
    await stores.client(server.url).script('FLUSH');
    const appends = [1, 2, 3].map((sequence) => store.journal.append(aLease(), chunks(['x'], sequence), NEVER));
    await Promise.all(appends);
    expect(await store.journal.position('run1')).to.deep.equal({ last: 3, ended: false });
  });

  it('takes a server that became a replica for one that is away, and goes on when it is a master again', async () => {
    await store.sessions.accept(aTurn());
    const admin = stores.client(server.url);
    await admin.replicaof('127.0.0.1', 1);
    await unavailable(store.journal.append(aLease(), chunks(['a']), NEVER));
    await unavailable(store.ready(), 2000);
    await admin.replicaof('NO', 'ONE');
    await append(aLease(), chunks(['a']));
    await recovered();
  });

  it('takes a server without memory for one that is away', async () => {
    await store.sessions.accept(aTurn());
    const admin = stores.client(server.url);
    await admin.config('SET', 'maxmemory', '1');
    await unavailable(store.journal.append(aLease(), chunks(['a']), NEVER));
    await unavailable(store.sessions.accept(aTurn({ sessionId: 'session2', runId: 'run2' })));
    await admin.config('SET', 'maxmemory', '0');
    await append(aLease(), chunks(['a']));
  });

  it('gives a reader everything though its subscriptions are killed again and again', async () => {
    await store.sessions.accept(aTurn());
    const other = await stores.open();
    const arrived: number[] = [];
    const reading = (async () => {
      for await (const events of eventsOf(other.journal, 'run1', 0, NEVER))
        arrived.push(...events.map((e) => e.sequence));
    })();
    const admin = stores.client(server.url);
    for (let sequence = 1; sequence <= 60; sequence += 1) {
      await store.journal.append(aLease(), chunks(['x'], sequence), NEVER);
      if (sequence % 20 === 10) await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await delay(10);
    }
    await store.runs.end(aLease(), aReply('x'.repeat(60), 60));
    await within(1500, reading);
    expect(arrived).to.deep.equal(Array.from({ length: 61 }, (_, index) => index + 1));
    // Subscribed anew, not only looking now and then.
    await store.sessions.accept(aTurn({ runId: 'run2' }));
    const heard = store.runs.untilStopped(aLease('run2'), NEVER);
    await delay(100);
    const asked = performance.now();
    await other.runs.askToStop('run2', 'cancelled', new Date());
    expect(await heard).to.equal('cancelled');
    expect(performance.now() - asked).to.be.lessThan(500);
  });

  it('never begins a journal anew when redis has lost its data', async () => {
    await store.sessions.accept(aTurn());
    await store.journal.append(aLease(), chunks(['a', 'b']), NEVER);
    const admin = stores.client(server.url);
    await admin.flushall();
    expect(await errorOf(store.journal.append(aLease(), chunks(['c'], 3), NEVER))).to.be.instanceOf(RunNotFound);
    expect(await errorOf(store.runs.end(aLease(), aReply('ab', 2)))).to.be.instanceOf(RunNotFound);
    expect(await within(500, store.runs.untilStopped(aLease(), NEVER))).to.equal('cancelled');
  });

  it('never goes on with a journal of which redis has lost a part', async () => {
    await store.sessions.accept(aTurn());
    await store.journal.append(aLease(), chunks(['a', 'b']), NEVER);
    const admin = stores.client(server.url);
    await admin.del(`${stores.prefix}:{session1}:journal:run1`);
    expect(await errorOf(store.journal.append(aLease(), chunks(['c'], 3), NEVER))).to.be.instanceOf(JournalGap);
    expect(await errorOf(store.journal.append(aLease(), chunks(['a']), NEVER))).to.be.instanceOf(JournalGap);
    await store.runs.end(aLease(), aReply('ab', 2, { finishReason: 'error' }));
    expect(await store.sessions.find('session1')).to.include({ activeRunId: undefined, messageCount: 2 });
  });

  it('opens and closes in time without redis, and works as soon as it is there', async () => {
    await server.stop();
    const early = new RedisStores(server.url);
    const opened = await within(4000, early.open());
    await unavailable(opened.ready(), 2000);
    await unavailable(opened.sessions.accept(aTurn()));
    await server.start();
    while (
      await opened.ready().then(
        () => false,
        () => true,
      )
    )
      await delay(20);
    await opened.sessions.accept(aTurn());
    await server.stop();
    await within(2000, early.close());
    await server.start();
  });

  it('closes in time when redis is frozen', async () => {
    server.freeze();
    const pending = errorOf(store.sessions.find('session1'));
    await within(2000, store.close());
    await within(3200, pending);
    server.thaw();
    await unavailable(store.sessions.find('session1'), 100);
  });
});
