import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import { postgresStore } from '../../../../../src/adapters/outbound/persistence/postgres/postgres-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { StoreUnavailable } from '../../../../../src/domain/errors.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { aTurn, errorOf } from '../../../../support/builders.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { StoreProcesses } from './store-processes.js';

/** Several that open at once on a slow machine go on opening beyond the time that a start waits for. */
async function whenReady(store: Store): Promise<void> {
  for (;;) {
    const error: unknown = await store.ready().catch((refusal: unknown) => refusal);
    if (error === undefined) return;
    if (!(error instanceof StoreUnavailable)) throw error;
    await delay(20);
  }
}

describe('postgres schema', () => {
  let processes: StoreProcesses;

  beforeEach(async () => {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
  });

  afterEach(() => processes.close());

  it('is made once by five processes that start at once, and left alone by five more', async () => {
    for (const round of [1, 2]) {
      const logs = Array.from({ length: 5 }, () => new MemoryLogger());
      const stores = await Promise.all(logs.map((log) => processes.open({ log })));
      await Promise.all(stores.map(whenReady));
      await Promise.all(
        stores.map(({ sessions }, index) =>
          sessions.accept(aTurn({ runId: `run${round}-${index}`, sessionId: `session${round}-${index}` })),
        ),
      );
      expect(logs.flatMap(({ lines }) => lines)).to.deep.equal([]);
    }
    expect(await processes.query('select name from migrations order by name')).to.deep.equal([
      { name: '0001-tables' },
      { name: '0002-ledger' },
      { name: '0003-unlisted' },
      { name: '0004-recent' },
    ]);
  });

  it('may be one that a newer version has added to', async () => {
    await (await processes.open()).close();
    await processes.query("insert into migrations values ('9999-of-the-future', '2100-01-01T00:00:00.000Z')");
    const log = new MemoryLogger();
    const store = await processes.open({ log });
    await store.ready();
    expect(log.lines).to.deep.equal([]);
  });

  it('may be made by somebody else, for a user who may not make any', async () => {
    const user = `${processes.schema}_user`;
    await processes.query(`create role ${user} login`);
    await processes.query(`create schema ${processes.schema} authorization ${user}`);
    try {
      const url = new URL(processes.url);
      url.username = user;
      const store = await processes.open({ url: url.href });
      await store.sessions.accept(aTurn());
      await store.close();
    } finally {
      await processes.query(`drop schema ${processes.schema} cascade`);
      await processes.query(`drop role ${user}`);
    }
  });

  describe('refuses to start', () => {
    async function refusal(url: string): Promise<unknown> {
      const dependencies = { clock: new SystemClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 };
      return errorOf(postgresStore.open({ STORE_URL: url, POSTGRES_SCHEMA: processes.schema }, dependencies));
    }

    it('on a database that does not exist', async () => {
      const url = new URL(processes.url);
      url.pathname = '/none';
      expect(String(await refusal(url.href))).to.equal(
        'Error: The store cannot be used: database "none" does not exist',
      );
    });

    it('for a user who is not let in', async () => {
      const url = new URL(processes.url);
      url.username = 'nobody';
      url.password = 'secret';
      expect(String(await refusal(url.href)))
        .to.match(/^Error: The store cannot be used: .*"nobody"/)
        .and.not.match(/secret/);
    });

    it('on a database that cannot hold every text', async () => {
      const name = `${processes.schema}_latin`;
      const client = new Client({ connectionString: processes.url });
      await client.connect();
      await client.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`);
      const url = new URL(processes.url);
      url.pathname = `/${name}`;
      expect(String(await refusal(url.href))).to.match(/encoding is LATIN1, and must be UTF8$/);
      await client.query(`drop database ${name}`);
      await client.end();
    });
  });

  it('is named in the settings, with an address and limits that can be right', () => {
    const problems = (settings: Record<string, string>) =>
      issuesOf(postgresStore, settings).map((issue) => issue.replace(/:.*/s, ''));
    const url = 'postgres://user:password@host/database';
    expect(problems({ STORE_URL: url })).to.deep.equal([]);
    expect(problems({ STORE_URL: 'postgresql:///database' })).to.deep.equal([]);
    const wrong = { STORE_URL: 'http://host', POSTGRES_SCHEMA: 'pg_mine', POSTGRES_POOL_SIZE: '0', SESSION_TTL_S: 'x' };
    expect(problems(wrong)).to.deep.equal(Object.keys(wrong));
    for (const name of ['Mine', 'a-b', '1a', 'x"; drop', 'x'.repeat(49)])
      expect(problems({ STORE_URL: url, POSTGRES_SCHEMA: name })).to.deep.equal(['POSTGRES_SCHEMA']);
  });
});
