import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { whileStoreIsAway } from '../../../../../src/application/patience.js';
import { LeaseLost, StoreUnavailable } from '../../../../../src/domain/errors.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
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
import { FaultProxy } from '../../../../support/fault-proxy.js';
import { freePort } from '../../../../support/free-port.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { eventsOf } from '../../../../support/pulled.js';
import { within } from '../../../../support/within.js';
import { StoreProcesses } from './store-processes.js';

describe('postgres store in trouble', () => {
  let server: PostgresServer;
  let processes: StoreProcesses;

  before(async () => {
    server = await PostgresServer.start();
  });

  after(() => server.close());

  beforeEach(() => {
    processes = new StoreProcesses(server.url);
  });

  afterEach(() => processes.close());

  /** Writes tokens behind the first one, each until it is kept, while `trouble` goes on; then ends the run. Returns the
   *  text. */
  async function writeThrough(store: Store, trouble: () => Promise<void>): Promise<string> {
    let isOver = false;
    const troubled = trouble().finally(() => {
      isOver = true;
    });
    let last = 1;
    for (; !isOver || last % 20 !== 0; last += 1) {
      await whileStoreIsAway(() => store.journal.append(aLease(), chunks([`${last + 1},`], last + 1), NEVER), NEVER);
      await delay(2);
    }
    await troubled;
    const text = Array.from({ length: last }, (_, index) => `${index + 1},`).join('');
    await whileStoreIsAway(() => store.runs.end(aLease(), aReply(text, last)), NEVER);
    return text;
  }

  /** Readers who are there before the trouble, one in each process: they have been told the first token. Only a first
   *  look may fail. */
  async function readersOf(
    ...stores: readonly [Store, ...Store[]]
  ): Promise<{ readonly readings: readonly Promise<RunEvent[]>[] }> {
    const looks = stores.map(() => Promise.withResolvers<void>());
    const readings = stores.map(({ journal }, index) =>
      collect(noticed(eventsOf(journal, 'run1', 0, NEVER), () => looks[index]?.resolve())),
    );
    await stores[0].journal.append(aLease(), chunks(['1,']), NEVER);
    await Promise.all(looks.map(({ promise }) => promise));
    return { readings };
  }

  async function checkWhole(text: string, readings: readonly Promise<RunEvent[]>[]): Promise<void> {
    for (const events of await within(6000, Promise.all(readings))) {
      expect(textOf(events)).to.equal(text);
      expect(events.map(({ sequence }) => sequence)).to.deep.equal(events.map((_, index) => index + 1));
      expect(events.at(-1)?.type).to.equal('run-end');
    }
  }

  for (const mode of ['fast', 'immediate'] as const) {
    it(`loses and doubles nothing when the server is restarted (${mode}) during appends`, async () => {
      const [here, there] = [await processes.open(), await processes.open()];
      await here.sessions.accept(aTurn());
      const { readings } = await readersOf(here, there);
      const text = await writeThrough(here, async () => {
        await delay(100);
        await server.restart(mode);
      });
      await checkWhole(text, [...readings, collect(eventsOf(there.journal, 'run1', 0, NEVER))]);
      expect((await messagesIn(here.sessions, 'session1'))[1]?.content).to.equal(text);
    });
  }

  it('waits for a server that is frozen for four seconds, and says so meanwhile', async () => {
    const [here, there] = [await processes.open(), await processes.open()];
    await here.sessions.accept(aTurn());
    const { readings } = await readersOf(here, there);
    const errors: unknown[] = [];
    const times: number[] = [];
    const text = await writeThrough(here, async () => {
      server.freeze();
      const begun = performance.now();
      const calls = [here.ready(), there.sessions.find('session1'), there.sessions.accept(aTurn({ runId: 'run2' }))];
      for (const error of await Promise.all(
        calls.map((call) => errorOf(call).finally(() => times.push(performance.now() - begun))),
      ))
        errors.push(error);
      await delay(4000 - (performance.now() - begun));
      server.thaw();
    });
    for (const error of errors) expect(error).to.be.instanceOf(StoreUnavailable);
    expect(times[0]).to.be.lessThan(2000);
    expect(Math.max(...times)).to.be.lessThan(3300);
    await checkWhole(text, readings);
    await here.ready();
  });

  it('closes in time while the server is frozen, and leaves no connection behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const socketsBefore = sockets();
    const store = await processes.open();
    await store.sessions.accept(aTurn());
    const { readings } = await readersOf(store);
    server.freeze();
    const append = errorOf(store.journal.append(aLease(), chunks(['a'], 2), NEVER));
    await within(2000, store.close());
    expect(await append).to.be.instanceOf(StoreUnavailable);
    await delay(10);
    expect(sockets()).to.be.at.most(socketsBefore);
    server.thaw();
    expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
    for (const reading of readings) reading.catch(() => {});
  });

  it('heals when every connection is ended by the server, also while nobody uses them', async () => {
    const [here, there] = [await processes.open(), await processes.open()];
    await here.sessions.accept(aTurn());
    const { readings } = await readersOf(here, there);
    const stop = here.runs.untilStopped(aLease(), NEVER);
    const terminate = () =>
      processes.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'agent-runtime' and pid <> pg_backend_pid()",
      );
    expect(await terminate()).to.have.length.greaterThan(3);
    const text = await writeThrough(here, async () => {
      for (let round = 0; round < 5; round += 1) {
        await delay(40);
        await terminate();
      }
    });
    await checkWhole(text, readings);
    await there.sessions.accept(aTurn({ runId: 'run2' }));
    await terminate();
    const heard = here.runs.untilStopped(aLease('run2'), NEVER);
    await whileStoreIsAway(() => there.runs.askToStop('run2', 'cancelled', NEW_YEAR), NEVER);
    expect(await within(2000, heard)).to.equal('cancelled');
    void stop;
  });

  it('hears other processes again when it has lost its connection for that, and what was said meanwhile', async () => {
    const [here, there] = [await processes.open(), await processes.open()];
    await here.sessions.accept(aTurn());
    const reading = eventsOf(there.journal, 'run1', 0, NEVER)[Symbol.asyncIterator]();
    const first = reading.next();
    await delay(50);
    await processes.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'");
    await here.journal.append(aLease(), chunks(['a']), NEVER);
    expect(textOf((await within(700, first)).value ?? [])).to.equal('a');
    await here.runs.end(aLease(), aReply('a', 1));
    expect((await within(500, reading.next())).value).to.have.length(1);
  });

  it('says that it is unavailable when all connections are in use, and heals', async () => {
    const store = await processes.open({ settings: { POSTGRES_POOL_SIZE: '1' } });
    await store.sessions.accept(aTurn());
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; select from ${processes.schema}.sessions for update`);
    const begun = performance.now();
    const blocked = errorOf(store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' })));
    while ((await processes.query("select from pg_stat_activity where wait_event_type = 'Lock'")).length === 0);
    const waiting = errorOf(store.sessions.find('session1'));
    expect(await waiting).to.be.instanceOf(StoreUnavailable);
    expect(await blocked).to.be.instanceOf(StoreUnavailable);
    expect(performance.now() - begun).to.be.within(1500, 3300);
    await holder.query('rollback');
    await holder.end();
    expect(await store.sessions.find('session1')).to.include({ queuedRuns: 0 });
    expect(
      await processes.query("select from pg_stat_activity where state like 'idle in transaction%'"),
    ).to.have.length(0);
    expect(await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }))).to.include({ replayed: false });
  });

  it('writes all other runs while the row of one is locked, and that one when it can', async () => {
    const store = await processes.open();
    for (const id of ['run1', 'run2']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; select from ${processes.schema}.journals where run = 'run1' for update`);
    let isWritten = false;
    const first = store.journal.append(leaseOf('run1'), chunks(['a']), NEVER)?.then(() => {
      isWritten = true;
    });
    await within(500, store.journal.append(leaseOf('run2'), chunks(['b']), NEVER));
    expect(isWritten).to.equal(false);
    await holder.query('rollback');
    await holder.end();
    await within(500, first);
    expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: false });
  });

  it('renews all other leases, and tells of all other orphans, while the row of one session is locked', async () => {
    const store = await processes.open({ leaseMilliseconds: 1 });
    for (const id of ['run1', 'run2']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; select from ${processes.schema}.sessions where key = 'run1' for update`);
    expect(await within(500, store.leases.renew([leaseOf('run1'), leaseOf('run2')]))).to.deep.equal([]);
    const claimed: string[] = [];
    while (claimed.length === 0) for (const { id } of await within(500, store.leases.claimOrphans(9))) claimed.push(id);
    expect(claimed).to.deep.equal(['run2']);
    await holder.query('rollback');
    await holder.end();
  });

  it('keeps a step whose session was renewed while it waited for the row', async () => {
    const store = await processes.open();
    for (const onBusy of ['reject', 'queue'] as const) await store.sessions.accept(aTurn({ runId: onBusy, onBusy }));
    await store.journal.append(aLease('reject'), chunks(['a']), NEVER);
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; update ${processes.schema}.sessions set due_at = due_at + interval '1 second'`);
    const ending = store.runs.end(aLease('reject'), aReply('a', 1));
    while ((await processes.query("select from pg_stat_activity where wait_event_type = 'Lock'")).length === 0);
    await holder.query('commit');
    await holder.end();
    expect(await within(500, ending)).to.have.nested.property('next.id', 'queue');
    const ends = await processes.query('select run, fence, last_sequence as last from journals order by run');
    expect(ends).to.deep.equal([
      { run: 'queue', fence: 'queue:1', last: 0 },
      { run: 'reject', fence: null, last: 2 },
    ]);
  });

  it('keeps the appends of a run in line while its row is locked, also those that come later', async () => {
    const store = await processes.open();
    for (const id of ['run1', 'run2']) await store.sessions.accept(aTurn({ runId: id, sessionId: id }));
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; select from ${processes.schema}.journals where run = 'run1' for update`);
    const append = (sequence: number) =>
      store.journal.append(leaseOf('run1'), chunks([`${sequence},`], sequence), NEVER);
    const appends = [append(1), append(2)];
    for (let sequence = 1; sequence <= 30; sequence += 1) {
      // Each of these is a statement in which the next one of the locked run could go along.
      await store.journal.append(leaseOf('run2'), chunks(['x'], sequence), NEVER);
      appends.push(append(sequence + 2));
    }
    await holder.query('rollback');
    await holder.end();
    await Promise.all(appends);
    expect(await store.journal.position('run1')).to.deep.equal({ last: 32, ended: false });
  });

  for (const [state, begin, end] of [
    ['is read-only', 'alter role postgres set default_transaction_read_only = on', 'alter role postgres reset all'],
    ['has lost its schema', 'alter schema SCHEMA rename to SCHEMA_away', 'alter schema SCHEMA_away rename to SCHEMA'],
    ['has lost a table', 'alter table SCHEMA.events rename to away', 'alter table SCHEMA.away rename to events'],
  ] as const) {
    it(`is not ready while the database ${state}, and is ready again after that`, async () => {
      const store = await processes.open();
      await store.ready();
      const change = async (statement: string) => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        // Roles may always write again, whatever their setting says.
        await client.query('set default_transaction_read_only = off');
        await client.query(statement.replaceAll('SCHEMA', processes.schema));
        // What is set for a role holds for new connections.
        await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'agent-runtime'",
        );
        await client.end();
      };
      const states: unknown[] = [];
      for (const statement of [begin, end]) {
        await change(statement);
        // A connection that was ended is noticed at its next use.
        await store.ready().catch(() => {});
        const ready = store.ready().then(() => undefined);
        states.push(statement === end ? await ready : await errorOf(ready));
      }
      expect(states[0]).to.be.instanceOf(StoreUnavailable);
      expect(states[1]).to.equal(undefined);
      expect(await processes.query('select from run_readers')).to.deep.equal([]);
    });
  }

  it('lets no append slip in while its run is being claimed', async () => {
    const store = await processes.open();
    await store.sessions.accept(aTurn());
    const claimer = new Client({ connectionString: server.url });
    await claimer.connect();
    await claimer.query(`
      begin;
      update ${processes.schema}.sessions set head = jsonb_set(head::jsonb, '{active,epoch}', '2');
      update ${processes.schema}.journals set fence = 'run1:2'`);
    const append = errorOf(store.journal.append(aLease(), chunks(['late']), NEVER));
    await delay(50);
    await claimer.query('commit');
    await claimer.end();
    expect(await append).to.be.instanceOf(LeaseLost);
    expect(await store.journal.position('run1')).to.deep.equal({ last: 0, ended: false });
  });

  it('opens before there is a server, and works as soon as there is one', async () => {
    const proxy = await FaultProxy.start(server.port);
    proxy.refuse();
    const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
    const log = new MemoryLogger();
    const store = await within(1000, processes.open({ url, log }));
    const calls = [
      store.ready(),
      store.sessions.accept(aTurn()),
      store.leases.claimOrphans(1),
      store.runs.find('run1'),
    ];
    for (const error of await Promise.all(calls.map(errorOf))) expect(error).to.be.instanceOf(StoreUnavailable);
    expect(JSON.stringify(log.lines)).to.not.include('postgres://');
    proxy.accept();
    await within(
      4000,
      whileStoreIsAway(() => store.ready(), NEVER),
    );
    await store.sessions.accept(aTurn());
    await store.close();
    await proxy.close();
  });

  it('opens, says so and closes in time while the server is frozen, and works when it is not', async () => {
    server.freeze();
    const [lasting, leaving] = await Promise.all([processes.open(), processes.open()]);
    expect(await errorOf(lasting.ready())).to.be.instanceOf(StoreUnavailable);
    await within(2000, leaving.close());
    server.thaw();
    await within(
      8000,
      whileStoreIsAway(() => lasting.ready(), NEVER),
    );
    await lasting.sessions.accept(aTurn());
  });

  it('closes in time when there never was a server', async () => {
    const url = `postgres://postgres@127.0.0.1:${await freePort()}/postgres`;
    const store = await within(1000, processes.open({ url }));
    expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
    await within(2000, store.close());
  });

  it('survives a network that is cut, silent or closed, and readers get everything', async () => {
    const proxy = await FaultProxy.start(server.port);
    const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
    const [here, there] = [await processes.open({ url }), await processes.open({ url })];
    await here.sessions.accept(aTurn());
    const { readings } = await readersOf(here, there);
    const text = await writeThrough(here, async () => {
      await delay(50);
      proxy.cut();
      await delay(50);
      proxy.refuse();
      proxy.cut();
      expect(await errorOf(there.sessions.find('session1'))).to.be.instanceOf(StoreUnavailable);
      proxy.accept();
      await delay(300);
      proxy.stall();
      const begun = performance.now();
      expect(await errorOf(there.sessions.find('session1'))).to.be.instanceOf(StoreUnavailable);
      expect(performance.now() - begun).to.be.lessThan(3300);
      proxy.cut();
      proxy.flow();
    });
    await checkWhole(text, readings);
    await Promise.all([here.close(), there.close()]);
    await proxy.close();
  });

  it('tells an append that was made, though its answer was lost, from one that was not', async () => {
    const proxy = await FaultProxy.start(server.port);
    const store = await processes.open({ url: `postgres://postgres@127.0.0.1:${proxy.port}/postgres` });
    await store.sessions.accept(aTurn());
    const { readings } = await readersOf(store);
    for (let sequence = 2; sequence <= 30; sequence += 1) {
      const cut = delay(sequence % 6).then(() => proxy.cut());
      const append = () => store.journal.append(aLease(), chunks([`${sequence},`], sequence), NEVER);
      await whileStoreIsAway(append, NEVER);
      await cut;
    }
    const text = Array.from({ length: 30 }, (_, index) => `${index + 1},`).join('');
    await whileStoreIsAway(() => store.runs.end(aLease(), aReply(text, 30)), NEVER);
    await checkWhole(text, readings);
    await store.close();
    await proxy.close();
  });
});

/** Where each run has a session of its name. */
function leaseOf(id: string) {
  return aLease(id, { sessionId: id });
}

/** The same batches; `notice` is called for each. */
async function* noticed<Batch>(batches: AsyncIterable<Batch>, notice: () => void): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    notice();
    yield batch;
  }
}
