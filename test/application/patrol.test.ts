import { expect } from 'chai';
import { Patrol } from '../../src/application/patrol.js';
import { anApplication } from '../support/application.js';
import { AwayStore } from '../support/away-store.js';
import { anAttempt, aTurn, collect, NEVER } from '../support/builders.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { eventsFor, eventsOf } from '../support/pulled.js';
import { end, ScriptedModel, stall, text } from '../support/scripted-model.js';

const LEASE = 15_000;

describe('Patrol', () => {
  it('takes nobody for dead before everybody had the time to renew, once the store was away', async () => {
    let away: AwayStore | undefined;
    const app = await anApplication({
      gateway: new ScriptedModel(text('Hi'), end()),
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    const { run } = await app.store.sessions.accept(aTurn({ runId: 'orphan', at: app.clock.now() }));
    await app.store.runs.beginAttempt(run, anAttempt());
    app.clock.advance(LEASE);
    away?.leave(['claimOrphans'], 1);
    const started = performance.now();
    const patrol = new Patrol(app.activeRuns, app.readers, 300, app.log);
    patrol.start();
    await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    await patrol.stop();
    expect(performance.now() - started).to.be.at.least(300);
  });

  it('cancels a run that is to be cancelled unread when the process that read it is gone', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('partial'), stall) });
    const { run } = await app.send('Hello', { onDisconnect: 'cancel' });
    const patrol = new Patrol(app.activeRuns, app.readers, 60, app.log);
    patrol.start();
    const events = await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    await patrol.stop();
    expect(events.at(-1)).to.include({ finishReason: 'cancelled' });
  });

  it('lets it run while it is read', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const { read } = await app.send('Hello', { onDisconnect: 'cancel' });
    const reading = collect(eventsFor({ read }, NEVER));
    for (let round = 0; round < 5; round += 1) {
      await new Promise(setImmediate);
      await app.readers.refresh(app.activeRuns.all);
    }
    (await gateway.call()).say('Hi').end();
    expect((await reading).at(-1)).to.include({ finishReason: 'stop' });
  });
});
