import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { NEEDED_COMMANDS } from '../../../../../src/adapters/outbound/persistence/redis/scripts/probe.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { SessionNotFound, StoreUnavailable } from '../../../../../src/domain/errors.js';
import {
  aLease,
  anAttempt,
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
import { anEndedRun, aWholeSession } from '../../../../support/whole-sessions.js';
import { RedisStores } from './redis-stores.js';

/** What a client needs besides what the store asks for. */
const OF_THE_CLIENT = ['eval', 'evalsha', 'hello', 'auth', 'select', 'client', 'ping', 'info'];
const STORE = new URL('../../../../../src/adapters/outbound/persistence/redis/', import.meta.url);
const OF_CHANNELS = ['subscribe', 'unsubscribe', 'publish'];
const RUNS = ['1', '2', '3', '4', '5'];

type Step = (store: Store, session: string) => Promise<unknown> | undefined;

const idOf = (session: string, run: string): string => `${session}-${run}`;
const turnOf = (session: string, run: string, onBusy: 'reject' | 'queue' | 'interrupt' = 'reject') =>
  aTurn({ sessionId: session, runId: idOf(session, run), onBusy, key: run });
const leaseOf = (session: string, run: string) => aLease(idOf(session, run), { sessionId: session });
const FAILURE = { code: 'run_failed', message: 'It failed.', retryable: true } as const;

/** All that can happen to a session, each step as it is repeated while the store is away. */
const LIFE: readonly Step[] = [
  ({ sessions }, session) => sessions.accept(turnOf(session, '1')),
  ({ runs }, session) => runs.beginAttempt(leaseOf(session, '1'), anAttempt()),
  ({ journal }, session) => journal.append(leaseOf(session, '1'), chunks(['a']), NEVER),
  ({ sessions }, session) => sessions.accept(turnOf(session, '2', 'queue')),
  ({ sessions }, session) => sessions.accept(turnOf(session, '3', 'queue')),
  ({ runs }, session) => runs.askToStop(idOf(session, '3'), 'cancelled', NEW_YEAR),
  ({ sessions }, session) => sessions.accept(turnOf(session, '4', 'interrupt')),
  ({ leases }, session) => leases.renew([leaseOf(session, '1')]),
  ({ journal }, session) => journal.append(leaseOf(session, '1'), chunks(['b', 'c'], 2), NEVER),
  ({ runs }, session) => runs.end(leaseOf(session, '1'), aReply('abc', 3, { finishReason: 'interrupted' })),
  ({ runs }, session) => runs.end(leaseOf(session, '4'), aReply('', 0, { finishReason: 'error', error: FAILURE })),
  ({ runs }, session) => runs.end(leaseOf(session, '2'), { ...aReply(), handsOver: true }),
  ({ sessions }, session) => sessions.accept(turnOf(session, '5')),
  ({ audience }, session) => audience.attend(idOf(session, '5')),
  ({ audience }, session) => audience.leave(idOf(session, '5')),
  ({ runs }, session) => runs.end(leaseOf(session, '5'), aReply()),
];

/** What is left of a session, without its name. */
async function outcome(store: Store, session: string): Promise<unknown> {
  const events = await Promise.all(
    RUNS.map((run) => collect(eventsOf(store.journal, idOf(session, run), 0, AbortSignal.timeout(5000)))),
  );
  const messages = await messagesIn(store.sessions, session);
  const { id: _, ...standing } = await store.sessions.find(session);
  return JSON.stringify([events, messages, standing]).replaceAll(session, 'session');
}

function commandsOf(exported: unknown): readonly string[] {
  return typeof exported === 'object' && exported !== null && 'commands' in exported
    ? [exported.commands].flat().map(String)
    : [];
}

describe('redis store, with a user that is not allowed everything', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let stores: RedisStores;
  let admin: Redis;
  let store: Store;
  let undisturbed: unknown;

  const limit = (...rights: readonly string[]) => admin.call('ACL', 'SETUSER', 'limited', ...rights);

  before(async () => {
    server = await RedisServer.start();
    stores = new RedisStores(server.url.replace('//', '//limited:secret@'));
    admin = stores.client(server.url);
    const needed = [...OF_THE_CLIENT, ...OF_CHANNELS, ...NEEDED_COMMANDS].map((name) => `+${name.toLowerCase()}`);
    await limit('reset', 'on', '>secret', '~*', '&*', '-@all', ...needed);
    store = await stores.open();
    for (const step of LIFE) await step(store, 'undisturbed');
    undisturbed = await outcome(store, 'undisturbed');
  });
  after(async () => {
    await stores.close();
    await server.close();
  });

  /** Until it succeeds, as those do who wait for the store; the right is given back after the first refusal. */
  async function insist(step: Step, session: string, giveBack: () => Promise<unknown>): Promise<boolean> {
    let refusals = 0;
    for (;;) {
      try {
        await step(store, session);
        await giveBack();
        return refusals > 0;
      } catch (error) {
        expect(error).to.be.instanceOf(StoreUnavailable);
        refusals += 1;
        await giveBack();
      }
    }
  }

  /** The keys of a session that would never go by themselves. */
  async function keptForGood(session: string): Promise<readonly string[]> {
    const names = await admin.keys(`${stores.prefix}:*${session}*`);
    const times = await Promise.all(names.map((name) => admin.pttl(name)));
    return names.filter((_, place) => times[place] === -1);
  }

  it('needs no more than it asks for', async () => {
    await store.ready();
    expect(await store.sessions.list(10, undefined)).to.have.length(1);
    await store.sessions.accept(aTurn({ sessionId: 'deleted', runId: 'deleted' }));
    await store.sessions.delete('deleted', NEW_YEAR);
    expect(await store.leases.claimOrphans(10)).to.deep.equal([]);
  });

  it('asks for whatever the scripts use', async () => {
    const files = readdirSync(new URL('scripts/', STORE)).filter((name) => name.endsWith('.js'));
    const modules: readonly Record<string, unknown>[] = await Promise.all(
      files.map((name) => import(new URL(`scripts/${name}`, STORE).href)),
    );
    const used = modules.flatMap((exported) => Object.values(exported).flatMap(commandsOf));
    expect(used).to.include('RENAMENX');
    expect(NEEDED_COMMANDS).to.include.members(used);
  });

  it('asks for whatever is sent without a script', async () => {
    const files = readdirSync(STORE).filter((name) => name.endsWith('.js'));
    const text = files.map((name) => readFileSync(new URL(name, STORE), 'utf8')).join('\n');
    const called = new Set([...text.matchAll(/\bclient\.([a-z]+)\(/g)].map(([, name = '']) => name));
    const used = (await admin.command('LIST')).map(String).filter((name) => called.has(name));
    expect(used).to.include('zrevrangebyscore');
    const needed = NEEDED_COMMANDS.map((name) => name.toLowerCase());
    expect([...OF_THE_CLIENT, ...needed, 'quit']).to.include.members(used);
  });

  for (const command of NEEDED_COMMANDS) {
    it(`brings everything to its one ending when ${command} is refused for a while, at whatever step`, async () => {
      const right = command.toLowerCase();
      let refused = 0;
      for (const disturbed of LIFE.keys()) {
        const session = `${right}${disturbed}`;
        for (const [index, step] of LIFE.entries()) {
          if (index === disturbed) await limit(`-${right}`);
          if (await insist(step, session, () => limit(`+${right}`))) refused += 1;
        }
        expect(await outcome(store, session), `${command} at ${disturbed}`).to.equal(undisturbed);
      }
      const USED_ELSEWHERE = [
        'ZRANGEBYLEX',
        'ZREM',
        'ZRANGEBYSCORE',
        'ZSCORE',
        'UNLINK',
        'PTTL',
        'LRANGE',
        'XRANGE',
        'GET',
        // To move on what the version before has kept.
        'HGETALL',
        'HDEL',
        // To bring sessions, and to list them by their last update.
        'RENAMENX',
        'ZCARD',
        'ZREVRANGEBYSCORE',
      ];
      if (!USED_ELSEWHERE.includes(command)) expect(refused).to.be.greaterThan(0);
    });

    it(`is not ready without ${command}, and is again with it`, async () => {
      const right = command.toLowerCase();
      await limit(`-${right}`);
      expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
      await limit(`+${right}`);
      await store.ready();
    });

    it(`brings a session from elsewhere whole or not at all without ${command}`, async () => {
      const right = command.toLowerCase();
      const id = `brought-${right}`;
      const whole = { ...aWholeSession([anEndedRun(idOf(id, '1'), 'Yes'), anEndedRun(idOf(id, '2'), 'No')]), id };
      await limit(`-${right}`);
      const bringing = await store.sessions.bring(whole).catch((error: unknown) => error);
      await limit(`+${right}`);
      if (bringing instanceof Error) {
        expect(bringing).to.be.instanceOf(StoreUnavailable);
        expect(await errorOf(store.sessions.find(id))).to.be.instanceOf(SessionNotFound);
        await store.sessions.bring(whole);
      }
      expect(await messagesIn(store.sessions, id)).to.have.length(4);
      expect(await keptForGood(id)).to.deep.equal([]);
    });

    it(`deletes a session whole or not at all without ${command}`, async () => {
      const right = command.toLowerCase();
      const session = `deleted-${right}`;
      for (const step of LIFE.slice(0, 5)) await step(store, session);
      const reading = eventsOf(store.journal, idOf(session, '1'), 0, AbortSignal.timeout(5000))[Symbol.asyncIterator]();
      expect((await reading.next()).value).to.have.length(1);
      await limit(`-${right}`);
      const deleting = await store.sessions.delete(session, NEW_YEAR).catch((error: unknown) => error);
      await limit(`+${right}`);
      // The entry in the index goes last, and is none without its session.
      if (deleting instanceof StoreUnavailable) await store.sessions.delete(session, NEW_YEAR).catch(() => {});
      expect((await reading.next()).value).to.have.nested.property('[0].type', 'run-end');
      expect((await store.sessions.list(1000, undefined)).map(({ id }) => id)).not.to.include(session);
    });
  }

  it('brings everything to its one ending when there is no memory for a while, at whatever step', async () => {
    let refused = 0;
    for (const disturbed of LIFE.keys()) {
      const session = `memory${disturbed}`;
      for (const [index, step] of LIFE.entries()) {
        if (index === disturbed) await admin.config('SET', 'maxmemory', '1');
        if (await insist(step, session, () => admin.config('SET', 'maxmemory', '0'))) refused += 1;
      }
      expect(await outcome(store, session), `at ${disturbed}`).to.equal(undisturbed);
    }
    expect(refused).to.be.greaterThan(5);
  });

  for (const [what, rights, back] of [
    ['its keys', ['resetkeys'], ['~*']],
    ['its password', ['resetpass', '>other'], ['resetpass', '>secret']],
    ['being switched on', ['off'], ['on']],
  ] as const) {
    it(`takes a server that refuses ${what} for one that is away`, async () => {
      await store.sessions.accept(aTurn({ sessionId: what, runId: what }));
      await limit(...rights);
      if (what !== 'its keys') await admin.call('CLIENT', 'KILL', 'USER', 'limited');
      for (const act of [() => store.ready(), () => store.runs.find(what)])
        expect(await errorOf(act())).to.be.instanceOf(StoreUnavailable);
      await limit(...back);
      while (
        await store.ready().then(
          () => false,
          () => true,
        )
      )
        await delay(20);
      await store.runs.end(aLease(what, { sessionId: what }), aReply());
    });
  }

  it('keeps nothing of an ending that the journal does not take', async () => {
    const session = 'half';
    await store.sessions.accept(turnOf(session, '1'));
    await store.sessions.accept(turnOf(session, '2', 'queue'));
    await admin.xadd(`${stores.prefix}:{${session}}:journal:${idOf(session, '1')}`, '9-0', 't', 'of nobody');
    await errorOf(store.runs.end(leaseOf(session, '1'), aReply()));
    expect(await store.sessions.find(session)).to.include({ activeRunId: idOf(session, '1'), queuedRuns: 1 });
    expect(await store.runs.find(idOf(session, '1'))).to.include({ status: 'running' });
  });
});
