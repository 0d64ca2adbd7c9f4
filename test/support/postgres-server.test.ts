import { expect } from 'chai';
import { Client } from 'pg';
import { expectEndWithItsParent } from './expect-end-with-its-parent.js';
import { embeddedPostgres } from './postgres-binaries.js';
import { PostgresServer, type PostgresServerOptions } from './postgres-server.js';
import { within } from './within.js';

describe('PostgresServer', () => {
  const servers: PostgresServer[] = [];
  const clients: Client[] = [];

  /** One for all that leave it as it was: to make another takes seconds. */
  let server: PostgresServer;

  before(async () => {
    server = await PostgresServer.start();
  });
  after(() => server.close());
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((started) => started.close()));
    for (const client of clients.splice(0)) await client.end().catch(() => {});
  });

  it('is one for all who share it', async () => {
    const [one, other] = await Promise.all([PostgresServer.shared(), PostgresServer.shared()]);
    expect(other).to.equal(one);
    expect(await ask(await connect(one), 'SELECT 1 AS answer')).to.equal(1);
  });

  it('writes to the disk before it answers, unless it is told otherwise', async () => {
    const careless = await start({ settings: { fsync: 'off' } });
    expect(await ask(await connect(server), 'SHOW fsync')).to.equal('on');
    expect(await ask(await connect(careless), 'SHOW fsync')).to.equal('off');
  });

  for (const mode of ['fast', 'immediate'] as const) {
    it(`has its data again, at the same address, after it was restarted (${mode})`, async () => {
      const { url } = server;
      const client = await connect(server);
      await client.query(`CREATE TABLE kept_${mode} AS SELECT 'value' AS content`);
      const lost = new Promise<unknown>((resolve) => client.on('error', resolve));
      await server.restart(mode);
      expect(await lost).to.be.instanceOf(Error);
      expect(server.url).to.equal(url);
      expect(await ask(await connect(server), `SELECT content FROM kept_${mode}`)).to.equal('value');
    });
  }

  it('refuses connections while it is stopped', async () => {
    await server.stop();
    expect(await refusal(server)).to.equal('ECONNREFUSED');
    await server.start();
    await connect(server);
  });

  it('says nothing while it is frozen, in old sessions and in new ones, and answers when it is thawed', async () => {
    const client = await connect(server);
    server.freeze();
    const answers = [client.query('SELECT 1'), connect(server)];
    for (const answer of answers) await expectNothing(answer);
    server.thaw();
    await within(5000, Promise.all(answers));
  });

  it('shows the log of one that does not start', async () => {
    const error = await start({ settings: { no_such_setting: 'on' } }).catch((thrown: unknown) => thrown);
    expect(`${error}`).to.include('postgres').and.include('no_such_setting');
  });

  it('runs from the package that npm brings, where the system has none', async () => {
    const program = embeddedPostgres();
    if (program === undefined) throw new Error('npm brought no PostgreSQL for this machine.');
    const brought = await start({ program });
    expect(await ask(await connect(brought), 'SHOW server_version')).to.match(/^18\./);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    await expectEndWithItsParent(new URL('postgres-server.js', import.meta.url), 'PostgresServer');
  });

  // The last, since it ends the one of all.
  it('is stopped and closed while it is frozen', async () => {
    await connect(server);
    server.freeze();
    await server.stop();
    expect(await refusal(server)).to.equal('ECONNREFUSED');
    await server.start();
    await connect(server);
    server.freeze();
    await server.close();
    expect(await refusal(server)).to.equal('ECONNREFUSED');
  });

  async function start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const started = await PostgresServer.start(options);
    servers.push(started);
    return started;
  }

  async function connect({ url }: { readonly url: string }): Promise<Client> {
    const client = new Client({ connectionString: url });
    // A client whose server ends says so by an event that nobody may leave unheard.
    client.on('error', () => {});
    clients.push(client);
    await client.connect();
    return client;
  }

  /** The code with which a connection fails. */
  async function refusal(server: PostgresServer): Promise<unknown> {
    const error = await connect(server).catch((thrown: unknown) => thrown);
    return error instanceof Error && 'code' in error ? error.code : error;
  }
});

/** The first field of the first row. */
async function ask(client: Client, question: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(question);
  return Object.values(rows[0] ?? {})[0];
}

async function expectNothing(answer: Promise<unknown>): Promise<void> {
  const error = await within(300, answer).catch((thrown: unknown) => thrown);
  expect(`${error}`).to.include('Not within');
}
