import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { whileStoreIsAway } from '../../../../../src/application/patience.js';
import { IdempotencyMismatch, RunEnded, RunNotFound } from '../../../../../src/domain/errors.js';
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
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { eventsOf } from '../../../../support/pulled.js';
import { within } from '../../../../support/within.js';
import { StoreProcesses } from './store-processes.js';

const DUMP = new URL('../../../../../../test/fixtures/postgres/tables-0001.sql', import.meta.url);

describe('what the first version of the postgres store kept', () => {
  let processes: StoreProcesses;

  beforeEach(async () => {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
    await processes.query(readFileSync(DUMP, 'utf8').replaceAll('fixture', processes.schema));
    // As if it had been written a moment ago.
    await processes.query('update sessions set used_at = now()');
    await processes.query(`update runs set closed_at = case when closed_at is not null then now() end,
      key_until = case when key_until is not null then now() + interval '1 day' end,
      lease_until = case when epoch > 0 and lease_until is not null then now() + interval '15 s' else lease_until end`);
  });

  afterEach(() => processes.close());

  it('is there with all its sessions, runs, texts and journals', async () => {
    const { sessions, runs, journal } = await processes.open();
    expect((await sessions.list(9, undefined)).map(({ id }) => id)).to.deep.equal([
      'active',
      'again',
      'finished',
      'given',
      'handed',
    ]);
    expect(await sessions.find('finished')).to.deep.include({
      ...{ id: 'finished', createdAt: NEW_YEAR, updatedAt: NEW_YEAR, messageCount: 3 },
      ...{ activeRunId: undefined, queuedRuns: 0 },
    });
    const said = (await messagesIn(sessions, 'finished')).map(({ role, content }) => [role, content]);
    expect(said).to.deep.equal([
      ['user', 'A "quoted" \\ \u{1f600}\n question'],
      ['assistant', 'Hi'],
      ['user', 'Hello'],
    ]);
    const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
    expect(await runs.find('done1')).to.deep.include({
      status: 'completed',
      attempts: 1,
      epoch: 1,
      usage,
      endedAt: NEW_YEAR,
    });
    const error = { code: 'upstream_error', message: 'The model failed.', retryable: true };
    expect(await runs.find('done2')).to.deep.include({ status: 'failed', error });
    expect(textOf(await collect(eventsOf(journal, 'done1', 0, NEVER)))).to.equal('Hi');
    expect((await collect(eventsOf(journal, 'done2', 0, NEVER))).map(({ type }) => type)).to.deep.equal([
      'run-failure',
      'run-end',
    ]);
    expect(await journal.position('done1')).to.deep.equal({ last: 3, ended: true });
  });

  it('goes on: a message follows, and keys lead to their runs', async () => {
    const { sessions } = await processes.open();
    const again = (key: string, sessionId: string, content: string) =>
      sessions.accept(aTurn({ runId: 'more', sessionId, key, content }));
    expect(await again('key1', 'finished', 'A "quoted" \\ \u{1f600}\n question')).to.deep.include({ replayed: true });
    expect(await errorOf(again('key1', 'finished', 'Other'))).to.be.instanceOf(IdempotencyMismatch);
    expect((await again('key2', 'active', 'Hello')).run.id).to.equal('active1');
    expect(await again('key3', 'finished', 'More')).to.deep.include({ replayed: false });
    const order = (await messagesIn(sessions, 'finished')).map(({ runId }) => runId);
    expect(order).to.deep.equal(['done1', 'done1', 'done2', 'more']);
  });

  it('goes on being written: the journal by its writer, then its queue, without what was stopped in it', async () => {
    const { sessions, runs, journal } = await processes.open();
    const lease = (id: string) => aLease(id, { sessionId: 'active' });
    expect(await sessions.find('active')).to.include({ activeRunId: 'active1', queuedRuns: 2, messageCount: 4 });
    expect(await runs.find('active1')).to.include({ status: 'running', attempts: 1, epoch: 1, stopCause: 'cancelled' });
    expect(await runs.find('queued2')).to.include({ status: 'cancelled' });
    expect(await within(1000, runs.untilStopped(lease('active1'), NEVER))).to.equal('cancelled');
    await journal.append(lease('active1'), chunks(['d'], 4), NEVER);
    const { next } = await runs.end(lease('active1'), aReply('abcd', 4));
    expect(next).to.include({ id: 'queued1', epoch: 1 });
    expect((await runs.end(lease('queued1'), aReply())).next?.id).to.equal('queued3');
    await runs.end(lease('queued3'), aReply());
    expect(textOf(await collect(eventsOf(journal, 'active1', 0, NEVER)))).to.equal('abcd');
    const order = (await messagesIn(sessions, 'active')).map(({ role, runId }) => `${role} ${runId}`);
    expect(order).to.deep.equal(['user active1', 'assistant active1', 'user queued1', 'user queued2', 'user queued3']);
  });

  it('is taken over: at once what was handed over, and what somebody writes when that one is not heard of', async () => {
    const { leases, runs, journal } = await processes.open();
    expect((await leases.claimOrphans(9)).map(({ id, epoch }) => `${id} ${epoch}`)).to.deep.equal(['handed1 1']);
    await processes.query("update sessions set due_at = now() where key = 'given'");
    expect((await leases.claimOrphans(9)).map(({ id, epoch }) => `${id} ${epoch}`)).to.deep.equal(['given1 2']);
    const former = journal.append(aLease('given1', { sessionId: 'given' }), chunks(['x']), NEVER);
    expect(await errorOf(former)).to.include({ code: 'lease_lost' });
    const ended = runs.end(aLease('first1', { sessionId: 'handed' }), aReply('', 0, { at: new Date() }));
    expect(await errorOf(ended)).to.be.instanceOf(RunEnded);
  });

  it('answers an ending that is given again as the first time', async () => {
    const { runs } = await processes.open();
    const again = await runs.end(aLease('before1', { sessionId: 'given' }), aReply());
    expect(again.next).to.include({ id: 'given1', status: 'running' });
  });

  it('knows nothing of what was deleted', async () => {
    const { sessions, runs } = await processes.open();
    expect(await errorOf(runs.find('old1'))).to.be.instanceOf(RunNotFound);
    expect((await messagesIn(sessions, 'again')).map(({ content }) => content)).to.deep.equal(['Hello', 'New']);
  });

  it('is moved on whole or not at all', async () => {
    await processes.query("update runs set request = 'no JSON' where id = 'new1'");
    const log = new MemoryLogger();
    const store = await processes.open({ log });
    expect(await errorOf(store.ready())).to.include({ code: 'store_unavailable' });
    expect(log.lines[0]).to.include({ message: 'the database is not ready yet' });
    expect(
      await processes.query('select id, active_run from sessions where active_run is not null order by id'),
    ).to.have.length(3);
    await processes.query('update runs set request = \'{"content":"Hello"}\' where id = \'new1\'');
    await within(
      6000,
      whileStoreIsAway(() => store.ready(), NEVER),
    );
    expect(await store.sessions.find('again')).to.include({ messageCount: 2 });
  });
});
