import { expect } from 'chai';
import { type Application, anApplication } from '../support/application.js';
import { aTurn } from '../support/builders.js';
import { ScriptedModel, stall } from '../support/scripted-model.js';

const LEASE = 15_000;

describe('ActiveRuns', () => {
  async function orphans(app: Application, ...ids: readonly string[]): Promise<void> {
    for (const id of ids)
      await app.store.sessions.accept(aTurn({ runId: id, sessionId: `of-${id}`, at: app.clock.now() }));
    app.clock.advance(LEASE);
  }

  const written = (app: Application) => app.activeRuns.all.map(({ id }) => id);

  it('takes up as many orphans as there is room for', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall), maxRuns: 2 });
    await orphans(app, 'one', 'two', 'three');
    await app.activeRuns.startOrphans();
    expect(written(app)).to.deep.equal(['one', 'two']);
    await app.activeRuns.renewLeases();
    await app.activeRuns.startOrphans();
    expect(written(app)).to.deep.equal(['one', 'two']);
  });

  it('takes up none while the process is too slow for what it does, and some when it is not', async () => {
    let isOverloaded = true;
    const app = await anApplication({ gateway: new ScriptedModel(stall), isOverloaded: () => isOverloaded });
    await orphans(app, 'one');
    await app.activeRuns.startOrphans();
    expect(written(app)).to.deep.equal([]);
    isOverloaded = false;
    await app.activeRuns.startOrphans();
    expect(written(app)).to.deep.equal(['one']);
  });

  it('takes up none while it drains', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall) });
    await app.activeRuns.drain(0);
    await orphans(app, 'one');
    await app.activeRuns.startOrphans();
    expect(written(app)).to.deep.equal([]);
  });
});
