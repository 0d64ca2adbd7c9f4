import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { ResumeExpired, RunNotFound, SessionNotFound } from '../../../../../src/domain/errors.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
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
import { PostgresServer } from '../../../../support/postgres-server.js';
import { eventsOf } from '../../../../support/pulled.js';
import { StoreProcesses } from './store-processes.js';

describe('postgres rows', () => {
  let processes: StoreProcesses;
  let store: Store;

  beforeEach(async () => {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
    store = await processes.open();
  });

  afterEach(() => processes.close());

  async function answer(sessionId = 'session1', runId = 'run1'): Promise<void> {
    await store.sessions.accept(aTurn({ runId, sessionId, key: `key-of-${runId}` }));
    const lease = aLease(runId, { sessionId });
    await store.journal.append(lease, chunks(['Hi']), NEVER);
    await store.runs.end(lease, aReply('Hi', 1));
  }

  function purge(): Promise<void> {
    return processes.purge();
  }

  async function count(table: string): Promise<number> {
    const [row] = await processes.query<{ count: string }>(`select count(*) from ${table}`);
    return Number(row?.count);
  }

  describe('keep their rules by themselves:', () => {
    beforeEach(() => store.sessions.accept(aTurn({ key: 'key' })));

    it('one writer in a session', async () => {
      await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
      const second = processes.query("update journals set fence = 'run2:1' where run = 'run2'");
      expect(await errorOf(second)).to.include({ code: '23505', constraint: 'journals_writer' });
    });

    it('one run for a key in a session', async () => {
      const second = processes.query('insert into keys select * from keys');
      expect(await errorOf(second)).to.include({ code: '23505', constraint: 'keys_key' });
    });

    it('one living session with a key', async () => {
      const second = processes.query(
        'insert into sessions (key, revision, head) select key, revision, head from sessions',
      );
      expect(await errorOf(second)).to.include({ code: '23505', constraint: 'sessions_key' });
    });
  });

  it('show who looks at them what a session is, and how far it has come', async () => {
    await store.sessions.accept(aTurn());
    await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
    await store.runs.beginAttempt(aLease(), anAttempt());
    await store.runs.askToStop('run2', 'cancelled', NEW_YEAR);
    const times = { created_at: NEW_YEAR, updated_at: NEW_YEAR };
    expect(
      await processes.query(
        'select key, id, title, shelves, active_run, message_count, queued_runs, turns, created_at, updated_at from sessions',
      ),
    ).to.deep.equal([
      {
        ...{ key: 'session1', id: 'session1', title: null, shelves: [], active_run: 'run1' },
        ...{ message_count: 2, queued_runs: 0, turns: 1, ...times },
      },
    ]);
    expect(
      await processes.query('select id, position, finish_reason, created_at, ended_at from runs order by id'),
    ).to.deep.equal([
      { id: 'run1', position: 1, finish_reason: null, created_at: NEW_YEAR, ended_at: null },
      { id: 'run2', position: null, finish_reason: 'cancelled', created_at: NEW_YEAR, ended_at: NEW_YEAR },
    ]);
  });

  describe('come to their end:', () => {
    it('an idle session is not there any more after its time, and then not kept any more', async () => {
      await answer();
      await processes.age('24 hours');
      expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(messagesIn(store.sessions, 'session1'))).to.be.instanceOf(SessionNotFound);
      expect(await errorOf(store.sessions.delete('session1', NEW_YEAR))).to.be.instanceOf(SessionNotFound);
      expect(await store.sessions.list(9, undefined)).to.deep.equal([]);
      const lookingForTheRun = [
        store.runs.find('run1'),
        store.journal.position('run1'),
        store.runs.askToStop('run1', 'cancelled', NEW_YEAR),
      ];
      for (const error of await Promise.all(lookingForTheRun.map(errorOf))) expect(error).to.be.instanceOf(RunNotFound);
      await purge();
      await processes.age('2 minutes');
      await purge();
      expect(await Promise.all(['sessions', 'runs', 'events'].map(count))).to.deep.equal([0, 0, 0]);
    });

    it('its id begins a fresh session before that too', async () => {
      await answer();
      await processes.age('24 hours');
      await store.sessions.accept(aTurn({ runId: 'run2', key: 'key-of-run1' }));
      expect((await messagesIn(store.sessions, 'session1')).map(({ runId }) => runId)).to.deep.equal(['run2']);
      await purge();
      expect(await store.sessions.find('session1')).to.include({ messageCount: 1, activeRunId: 'run2' });
    });

    it('a session that is answering is never swept away', async () => {
      await store.sessions.accept(aTurn());
      await processes.age('25 hours');
      await purge();
      expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run1' });
    });

    it('a journal is kept for an hour after its ending; the run and the messages stay', async () => {
      await answer();
      await processes.age('59 minutes 50 seconds');
      await purge();
      expect(await store.journal.position('run1')).to.deep.equal({ last: 2, ended: true });
      await processes.age('10 seconds');
      for (const change of [() => {}, purge]) {
        await change();
        expect(await errorOf(store.journal.position('run1'))).to.be.instanceOf(ResumeExpired);
        expect(await errorOf(collect(eventsOf(store.journal, 'run1', 0, NEVER)))).to.be.instanceOf(ResumeExpired);
      }
      expect(await count('events')).to.equal(0);
      expect(await store.runs.find('run1')).to.include({ status: 'completed' });
      expect(await messagesIn(store.sessions, 'session1')).to.have.length(2);
    });

    it('a reader of a long journal reads it to its end when its time is over meanwhile', async () => {
      await store.sessions.accept(aTurn());
      await store.journal.append(aLease('run1'), chunks(Array.from({ length: 600 }, () => 'x')), NEVER);
      await store.runs.end(aLease('run1'), aReply('x'.repeat(600), 600));
      const reading = eventsOf(store.journal, 'run1', 0, NEVER)[Symbol.asyncIterator]();
      let read = (await reading.next()).value?.length ?? 0;
      await processes.age('2 hours');
      for (let batch = await reading.next(); !batch.done; batch = await reading.next()) read += batch.value.length;
      expect(read).to.equal(601);
    });

    it('a key is forgotten after a day, and may be used again', async () => {
      await answer();
      await processes.age('23 hours 59 minutes');
      await store.sessions.find('session1');
      expect(await store.sessions.findAccepted(aTurn({ runId: 'run2', key: 'key-of-run1' }))).to.include({
        id: 'run1',
      });
      await processes.age('1 minute');
      expect(await store.sessions.findAccepted(aTurn({ runId: 'run2', key: 'key-of-run1' }))).to.equal(undefined);
      const again = await store.sessions.accept(aTurn({ runId: 'run2', key: 'key-of-run1', content: 'Other' }));
      expect(again).to.include({ replayed: false });
      await processes.age('24 hours');
      await purge();
      expect(await count('keys')).to.equal(0);
    });

    it('readers that are not heard of are forgotten', async () => {
      await store.audience.attend('run1');
      await processes.age('15 seconds');
      expect(await store.audience.deserted(['run1'])).to.deep.equal(['run1']);
      await purge();
      expect(await count('run_readers')).to.equal(0);
    });

    it('a deleted session is kept for those who read, for a minute at least, and by nobody else to be seen', async () => {
      await store.sessions.accept(aTurn());
      await store.journal.append(aLease('run1'), chunks(['Hi']), NEVER);
      const reading = eventsOf(store.journal, 'run1', 0, NEVER)[Symbol.asyncIterator]();
      await reading.next();
      await store.sessions.delete('session1', NEW_YEAR);
      await processes.age('1 minute');
      await purge();
      expect((await reading.next()).value?.map(({ type }: RunEvent) => type)).to.deep.equal(['run-end']);
      expect(await errorOf(store.journal.position('run1'))).to.be.instanceOf(RunNotFound);
      await processes.age('1 minute');
      await purge();
      expect(await Promise.all(['sessions', 'runs', 'events'].map(count))).to.deep.equal([0, 0, 0]);
    });

    it('however many there are, and whoever else is purging', async () => {
      await answer();
      await processes.query(`
        insert into sessions (key, revision, head, idle_since)
        select 'session' || number, '', head, now() - interval '2 days' from sessions, generate_series(2, 1000) as number`);
      await Promise.all([purge(), purge(), purge()]);
      expect(await processes.query('select key from sessions where deleted_at is null')).to.deep.equal([
        { key: 'session1' },
      ]);
    });
  });

  it('are listed though a hundred thousand newer ones have expired', async () => {
    await answer();
    await processes.query(`
      insert into sessions (key, revision, head, idle_since)
      select 'expired' || number, '', jsonb_set(head::jsonb, '{createdAt}', '1800000000000'), now() - interval '2 days'
      from sessions, generate_series(1, 100000) as number`);
    expect((await store.sessions.list(1, undefined, NEVER)).map(({ id }) => id)).to.deep.equal(['session1']);
  });

  it('are listed for nobody who has left, before or meanwhile', async () => {
    const left = new Error('left');
    expect(await errorOf(store.sessions.list(1, undefined, AbortSignal.abort(left)))).to.equal(left);
    const holder = new Client({ connectionString: processes.url });
    await holder.connect();
    await holder.query(`begin; lock table ${processes.schema}.sessions in access exclusive mode`);
    const leaving = new AbortController();
    const listing = errorOf(store.sessions.list(1, undefined, leaving.signal));
    while ((await processes.query("select from pg_stat_activity where wait_event_type = 'Lock'")).length === 0);
    leaving.abort(left);
    expect(await listing).to.equal(left);
    await holder.query('rollback');
    await holder.end();
  });

  it('make room for a message that interrupts, however long the queue is', async () => {
    await store.sessions.accept(aTurn());
    for (const index of [2, 3, 4, 5]) await store.sessions.accept(aTurn({ runId: `run${index}`, onBusy: 'queue' }));
    await store.runs.askToStop('run3', 'cancelled', NEW_YEAR);
    await store.sessions.accept(aTurn({ runId: 'first', onBusy: 'interrupt' }));
    await store.sessions.accept(aTurn({ runId: 'before', onBusy: 'interrupt' }));
    const order = (await messagesIn(store.sessions, 'session1')).map(({ runId }) => runId);
    expect(order).to.deep.equal(['run1', 'before', 'first', 'run2', 'run3', 'run4', 'run5']);
  });

  it('keep every text as it was, in messages, answers, errors and journals', async () => {
    const text = ' \u2028\u2029 "q" \\n \\ {a,b} NULL \u{1f600}\u{10ffff} e\u0301 \ufeff\r\n\t\u0001\u007f\ufffe ';
    const error = { code: 'upstream_error', message: text, retryable: false } as const;
    await store.sessions.accept(aTurn({ content: text }));
    await store.journal.append(aLease('run1'), chunks([text, 'NULL', '\\', '"', '{}']), NEVER);
    await store.runs.end(aLease('run1'), aReply(text, 5, { finishReason: 'error', error }));
    const events = await collect(eventsOf(store.journal, 'run1', 0, NEVER));
    expect(events.slice(0, 5)).to.deep.equal(chunks([text, 'NULL', '\\', '"', '{}']));
    expect(events[5]).to.deep.equal({ type: 'run-failure', sequence: 6, ...error });
    expect((await messagesIn(store.sessions, 'session1')).map(({ content }) => content)).to.deep.equal([text, text]);
    expect((await store.runs.find('run1')).error).to.deep.equal(error);
  });

  it('are found by index, whatever the store does', async () => {
    await answer('old', 'old');
    await processes.query(`
      insert into sessions (key, revision, head, turns, idle_since)
      select 'old' || number, '', head, 4, now() from sessions, generate_series(1, 5000) as number`);
    await processes.query(`
      insert into runs (id, session, position, birth, outcome)
      select key || '-' || number, life, number, birth, outcome
      from sessions, generate_series(1, 4) as number, (select birth, outcome from runs) as one where key <> 'old'`);
    await processes.query(`
      insert into journals (run, session, last_sequence, closed_at)
      select id, session, 1, now() from runs where id <> 'old'`);
    await processes.query(
      "insert into events (run, sequence, text) select run, 1, 'x' from journals where run <> 'old'",
    );
    await processes.query(
      "insert into keys select session, id, id, now() + interval '1 day' from runs where id <> 'old'",
    );
    await processes.query('analyze');
    const before = await scans();
    store = await processes.open();
    for (const index of [1, 2, 3, 4, 5, 6, 7]) {
      const sessionId = `session${index}`;
      await answer(sessionId, `run${index}`);
      await store.sessions.accept(aTurn({ runId: `next${index}`, sessionId }));
      await store.sessions.accept(aTurn({ runId: `last${index}`, sessionId, onBusy: 'interrupt', key: 'key' }));
      await store.runs.askToStop(`last${index}`, 'cancelled', NEW_YEAR);
      await store.runs.beginAttempt(aLease(`next${index}`, { sessionId }), anAttempt());
      await store.leases.renew([aLease(`next${index}`, { sessionId }), aLease(`run${index}`, { sessionId })]);
      await store.leases.claimOrphans(10);
      await collect(eventsOf(store.journal, `run${index}`, 0, NEVER));
      const [newest] = await store.sessions.list(5, undefined);
      await store.sessions.list(5, newest);
      await messagesIn(store.sessions, sessionId, `run${index}`);
      await store.ledger?.list('owner:1', 5, undefined);
      await store.ledger?.heads([sessionId]);
      if (index > 4) await store.sessions.delete(sessionId, NEW_YEAR);
    }
    await purge();
    await store.close();
    await waitFor(async () => (await scans()).byIndex > before.byIndex);
    expect((await scans()).ofAllRows).to.equal(before.ofAllRows);
  });

  /** How often tables were read; told by the server some time later. */
  async function scans(): Promise<{ readonly byIndex: number; readonly ofAllRows: number }> {
    await delay(100);
    const [row] = await processes.query<{ byIndex: string; ofAllRows: string }>(
      `select sum(idx_scan) as "byIndex", sum(seq_scan) as "ofAllRows" from pg_stat_user_tables
       where schemaname = $1 and relname in ('sessions', 'runs', 'journals', 'events', 'keys')`,
      [processes.schema],
    );
    return { byIndex: Number(row?.byIndex), ofAllRows: Number(row?.ofAllRows) };
  }

  async function waitFor(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition()));
  }
});
