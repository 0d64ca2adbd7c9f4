import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { expectProblem } from '../support/expect-problem.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { within } from '../support/within.js';

const PATIENCE = 20_000;
const AWAY = 5000;

/** A server that the tests may hurt. */
interface Victim {
  readonly port: number;
  readonly url: string;
  crash(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
  /** From now on nobody hears anybody else, until what it returns is called. */
  deafen(): Promise<() => Promise<void>>;
}

const VICTIMS: Readonly<Record<string, () => Promise<Victim>>> = {
  Redis: async () => {
    const server = await RedisServer.start();
    return {
      port: server.port,
      url: server.url,
      crash: () => server.stop('SIGKILL'),
      start: () => server.start(),
      close: () => server.close(),
      deafen: async () => {
        const client = new Redis(server.url);
        await client.call('ACL', 'SETUSER', 'default', 'resetchannels');
        return async () => {
          await client.call('ACL', 'SETUSER', 'default', 'allchannels');
          await client.quit();
        };
      },
    };
  },
  Postgres: async () => {
    const server = await PostgresServer.start();
    return {
      port: server.port,
      url: server.url,
      crash: () => server.stop('immediate'),
      start: () => server.start(),
      close: () => server.close(),
      deafen: async () => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        const ended = new AbortController();
        const ending = endListeners(client, ended.signal);
        return async () => {
          ended.abort();
          await ending;
          await client.end();
        };
      },
    };
  },
};

/** Again and again: they come back. */
async function endListeners(client: Client, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await delay(10))
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %'");
}

for (const [name, newVictim] of Object.entries(VICTIMS)) {
  describe(`trouble with ${name}`, function () {
    this.timeout(90_000);
    let victim: Victim;
    let proxy: FaultProxy;
    let gateway: GatedGateway;
    let server: RuntimeServer;

    before(async () => {
      victim = await newVictim();
    });
    after(() => victim.close());
    beforeEach(async () => {
      proxy = await FaultProxy.start(victim.port);
      gateway = new GatedGateway();
      server = await start();
    });
    afterEach(async () => {
      await server.close();
      await proxy.close();
    });

    async function start(): Promise<RuntimeServer> {
      const STORE_URL = victim.url.replace(`:${victim.port}`, `:${proxy.port}`);
      const started = await RuntimeServer.start({ gateway, settings: { STORE_URL, RATE_LIMIT_PER_MINUTE: '2' } });
      while ((await started.get('/health/ready')).status !== 200);
      return started;
    }

    const outages = {
      'is killed and comes back': { begin: () => victim.crash(), end: () => victim.start() },
      'says nothing any more, and then goes on': { begin: async () => proxy.stall(), end: async () => proxy.flow() },
    };

    for (const [what, outage] of Object.entries(outages)) {
      it(`${what}: a stream waits for it and loses nothing; new messages are told to come again, and are none for the rate limit`, async () => {
        const session_id = what.replaceAll(/\W/g, '-');
        const stream = await server.send({ session_id });
        const call = await gateway.call();
        call.say('one ');
        await within(PATIENCE, stream.received(1));
        await outage.begin();
        const back = delay(AWAY);
        call.say('two ');
        const refused = await within(PATIENCE, server.post('/agent/message/stream', aMessage({ session_id: 'new' })));
        expectProblem(refused, 503, 'store_unavailable');
        expect(Number(refused.headers['retry-after'])).to.be.greaterThan(0);
        expectProblem(await within(PATIENCE, server.get('/health/ready')), 503, 'store_unavailable');
        expect((await server.get('/health')).status).to.equal(200);
        call.say('three').end();
        await back;
        expect(stream.text).to.equal('one ');
        await outage.end();
        await within(PATIENCE, stream.ended());
        expect([stream.text, stream.finishReason, stream.isWhole]).to.deep.equal(['one two three', 'stop', true]);
        expect(stream.frames.map(({ id }) => id)).to.deep.equal([
          ...[1, 2, 3, 4].map((number) => `${stream.runId}-${number}`),
          undefined,
        ]);
        const history = await server.get(`/agent/sessions/${session_id}/messages`);
        expect(history.json).to.have.nested.property('messages[1].content', 'one two three');
        while ((await server.get('/health/ready')).status !== 200);
        const next = await server.send({ session_id });
        expect(next.status).to.equal(200);
        (await gateway.call(2)).say('again').end();
        expect((await within(PATIENCE, next.ended())).text).to.equal('again');
      });
    }

    it('a cancel reaches the writer within 2 s, also when processes cannot hear each other', async () => {
      const other = await start();
      const stream = await server.send({ session_id: 'deaf' });
      const call = await gateway.call();
      call.say('partial');
      await within(PATIENCE, stream.received(1));
      const hearAgain = await victim.deafen();
      try {
        expect((await other.post(`/agent/runs/${stream.runId}/cancel`)).status).to.equal(202);
        // A machine that is busy needs its time too.
        await within(2000 + 2000, call.released);
        await within(PATIENCE, stream.ended());
        expect([stream.text, stream.finishReason]).to.deep.equal(['partial', 'cancelled']);
      } finally {
        await hearAgain();
        await other.close();
      }
    });
  });
}
