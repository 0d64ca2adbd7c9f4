import { expect } from 'chai';
import type { Run } from '../../src/domain/run.js';
import { type Application, anApplication } from '../support/application.js';
import { collect, NEVER } from '../support/builders.js';
import { eventsOf } from '../support/pulled.js';
import { ScriptedModel, stall, text } from '../support/scripted-model.js';
import { until } from '../support/until.js';

describe('RunReaders', () => {
  let app: Application;

  beforeEach(async () => {
    app = await anApplication({ gateway: new ScriptedModel(text('partial'), stall) });
  });

  const round = () => app.readers.refresh(app.activeRuns.all);
  const stopCause = async ({ id }: Run) => (await app.store.runs.find(id)).stopCause;

  /** Written by this process, and read by none: what came of its reader is not known here. */
  async function unread(): Promise<Run> {
    return (await app.send('Hello', { onDisconnect: 'cancel' })).run;
  }

  it('cancels a run that is to be cancelled unread when two rounds in a row found no reader', async () => {
    const run = await unread();
    await round();
    expect(await stopCause(run)).to.equal(undefined);
    await round();
    expect(await stopCause(run)).to.equal('cancelled');
  });

  it('counts the rounds anew when somebody read in between', async () => {
    const run = await unread();
    await round();
    await app.store.audience.attend(run.id);
    await round();
    app.clock.advance(60_000);
    await app.store.audience.leave(run.id);
    await round();
    expect(await stopCause(run)).to.equal(undefined);
    await round();
    expect(await stopCause(run)).to.equal('cancelled');
  });

  it('lets every other run go on unread', async () => {
    const { run } = await app.send('Hello');
    await round();
    await round();
    expect(await stopCause(run)).to.equal(undefined);
  });

  it('cancels such a run at once when its last reader leaves, not when the first of two does', async () => {
    const { run, read } = await app.send('Hello', { onDisconnect: 'cancel' });
    const readers = [new AbortController(), new AbortController()] as const;
    const readings = readers.map(({ signal }) => read(signal, () => undefined));
    await until(() => app.readers.size === 2);
    readers[0].abort();
    await readings[0];
    expect(await stopCause(run)).to.equal(undefined);
    readers[1].abort();
    await readings[1];
    const events = await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    expect(events.at(-1)).to.include({ finishReason: 'cancelled' });
  });
});
