import { expect } from 'chai';
import { Redis, type RedisOptions } from 'ioredis';
import { expectEndWithItsParent } from './expect-end-with-its-parent.js';
import { RedisServer } from './redis-server.js';
import { within } from './within.js';

describe('RedisServer', () => {
  const servers: RedisServer[] = [];
  const clients: Redis[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('is one for all who share it', async () => {
    const [one, other] = await Promise.all([RedisServer.shared(), RedisServer.shared()]);
    expect(other).to.equal(one);
    expect(await connect(one).ping()).to.equal('PONG');
  });

  it('evicts nothing and keeps what it is told', async () => {
    const client = connect(await start());
    expect(await client.config('GET', 'maxmemory-policy')).to.deep.equal(['maxmemory-policy', 'noeviction']);
    expect(await client.config('GET', 'appendonly')).to.deep.equal(['appendonly', 'yes']);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`has its data again, at the same address, after ${signal}`, async () => {
      const server = await start();
      const { url } = server;
      await connect(server).set('key', 'value');
      await server.stop(signal);
      expect(await refusal(server)).to.equal('ECONNREFUSED');
      await server.start();
      expect(server.url).to.equal(url);
      expect(await connect(server).get('key')).to.equal('value');
    });
  }

  it('says nothing while it is frozen, and answers when it is thawed', async () => {
    const server = await start();
    const client = connect(server);
    await client.ping();
    server.freeze();
    const answer = client.ping();
    await expectNothing(answer);
    server.thaw();
    expect(await within(5000, answer)).to.equal('PONG');
  });

  it('is stopped and closed while it is frozen', async () => {
    const [stopped, closed] = [await start(), await start()];
    stopped.freeze();
    await stopped.stop();
    closed.freeze();
    await closed.close();
    expect(await refusal(stopped)).to.equal('ECONNREFUSED');
    expect(await refusal(closed)).to.equal('ECONNREFUSED');
  });

  it('takes more options, and shows the log of one that does not start', async () => {
    const server = await start(['--maxmemory', '3mb']);
    expect(await connect(server).config('GET', 'maxmemory')).to.deep.equal(['maxmemory', '3145728']);
    const error = await start(['--no-such-option', 'yes']).catch((thrown: unknown) => thrown);
    expect(`${error}`).to.include('redis-server').and.include('no-such-option');
  });

  it('refuses as a cluster what spans two slots, in a command and in a script', async () => {
    const server = await RedisServer.startCluster();
    servers.push(server);
    const client = connect(server);
    const script = "return redis.call('SET', KEYS[1], redis.call('GET', KEYS[2]) or '')";
    expect(await client.eval(script, 2, '{tag}a', '{tag}b')).to.equal('OK');
    const errors = await Promise.allSettled([client.eval(script, 2, 'a', 'b'), client.mget('a', 'b')]);
    for (const error of errors) expect(JSON.stringify(error)).to.include('rejected');
    expect(await client.cluster('INFO')).to.include('cluster_slots_ok:16384');
  });

  it('ends with the process that started it, even when that is killed', async () => {
    await expectEndWithItsParent(new URL('redis-server.js', import.meta.url), 'RedisServer');
  });

  async function start(args: readonly string[] = []): Promise<RedisServer> {
    const server = await RedisServer.start({ args });
    servers.push(server);
    return server;
  }

  function connect({ url }: { readonly url: string }, options: RedisOptions & { replyMapping?: 'legacy' } = {}): Redis {
    const client = new Redis<'legacy'>(url, { retryStrategy: () => null, ...options });
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  /** The code with which a connection fails. */
  async function refusal(server: RedisServer): Promise<unknown> {
    const client = connect(server, { lazyConnect: true });
    const failure = new Promise<unknown>((resolve) => client.on('error', resolve));
    await client.connect().catch(() => {});
    const error = await failure;
    return error instanceof Error && 'code' in error ? error.code : error;
  }
});

async function expectNothing(answer: Promise<unknown>): Promise<void> {
  const error = await within(300, answer).catch((thrown: unknown) => thrown);
  expect(`${error}`).to.include('Not within');
}
