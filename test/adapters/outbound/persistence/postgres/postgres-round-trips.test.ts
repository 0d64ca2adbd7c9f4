import { expect } from 'chai';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { aLease, anAttempt, aReply, aTurn, chunks, NEVER, NEW_YEAR } from '../../../../support/builders.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { PostgresTap } from '../../../../support/postgres-tap.js';
import { StoreProcesses } from './store-processes.js';

describe('postgres round trips', () => {
  let tap: PostgresTap;
  let processes: StoreProcesses;
  let store: Store;

  beforeEach(async () => {
    const url = new URL((await PostgresServer.shared()).url);
    tap = await PostgresTap.start(Number(url.port));
    processes = new StoreProcesses(url.href);
    url.port = `${tap.port}`;
    store = await processes.open({ url: url.href });
  });

  afterEach(async () => {
    await processes.close();
    tap.close();
  });

  /** How many statements it takes. News to other processes are nobody's to wait for. */
  async function count(act: () => Promise<unknown> | undefined): Promise<number> {
    const before = tap.statements.length;
    await act();
    return tap.statements.slice(before).filter((text) => /"\./.test(text)).length;
  }

  const accept = (fields: Parameters<typeof aTurn>[0]) => count(() => store.sessions.accept(aTurn(fields)));
  const end = (id: string, text = '') => count(() => store.runs.end(aLease(id), aReply(text, text.length)));
  const append = (id: string, sessionId = 'session1') =>
    store.journal.append(aLease(id, { sessionId }), chunks(['x']), NEVER);

  it('are two for a message: how its session stands, or who else has one of that name, and the step', async () => {
    expect(await accept({ key: 'key1' })).to.equal(2);
    expect(await accept({ runId: 'run2', onBusy: 'queue', key: 'key2' })).to.equal(2);
    expect(await accept({ runId: 'run3', onBusy: 'interrupt' })).to.equal(2);
    expect(await accept({ runId: 'run4', key: 'key1' })).to.equal(1);
    await end('run1');
    await end('run3');
    await end('run2');
    expect(await accept({ runId: 'run5' })).to.equal(2);
  });

  it('are one for every step of whoever writes the run: each call of the model, the ending, and that with the next turn', async () => {
    await accept({});
    await accept({ runId: 'run2', onBusy: 'queue' });
    expect(await count(() => store.runs.beginAttempt(aLease(), anAttempt()))).to.equal(1);
    expect(await count(() => append('run1'))).to.equal(1);
    expect(await end('run1', 'x')).to.be.at.most(2);
    expect(await count(() => store.runs.beginAttempt(aLease('run2'), anAttempt()))).to.equal(1);
    expect(await end('run2')).to.be.at.most(2);
  });

  it('are one for all that a hundred runs append in one turn of the event loop', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `run${index}`);
    for (const id of ids) await store.sessions.accept(aTurn({ runId: id, sessionId: `session-of-${id}` }));
    expect(await count(() => Promise.all(ids.map((id) => append(id, `session-of-${id}`))))).to.equal(1);
  });

  it('are as many after a hundred turns as after one', async () => {
    for (let index = 0; index < 100; index += 1) {
      await store.sessions.accept(aTurn({ runId: `run${index}` }));
      await store.runs.end(aLease(`run${index}`), aReply());
    }
    expect(await accept({ runId: 'last' })).to.equal(2);
    expect(await end('last')).to.be.at.most(2);
  });

  it('are three to stop a run that anybody may write, and two to delete a session', async () => {
    await accept({});
    await accept({ runId: 'run2', onBusy: 'queue' });
    expect(await count(() => store.runs.askToStop('run2', 'cancelled', NEW_YEAR))).to.be.at.most(3);
    expect(await count(() => store.sessions.delete('session1', NEW_YEAR))).to.equal(2);
  });
});
