import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import type { Run, RunLease } from '../../src/domain/run.js';
import { type Application, anApplication } from '../support/application.js';
import { AwayStore } from '../support/away-store.js';
import { ANYBODY, aLease, anAttempt, aReply, aTurn, chunks, collect, NEVER, textOf } from '../support/builders.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { messagesIn } from '../support/messages-in.js';
import { eventsFor, eventsOf } from '../support/pulled.js';
import { end, ScriptedModel, stall, text } from '../support/scripted-model.js';
import { until } from '../support/until.js';

const LEASE = 15_000;

/** A run that another process accepted, began to write as `tokens` say, and left behind. */
async function leftBehind(app: Application, ...tokens: readonly string[]): Promise<Run> {
  const { run } = await app.store.sessions.accept(aTurn({ runId: 'orphan', at: app.clock.now() }));
  await app.store.runs.beginAttempt(run, anAttempt());
  await app.store.journal.append(run, chunks(tokens), NEVER);
  app.clock.advance(LEASE);
  return run;
}

/** The store, which notes the leases that its process writes with no more. */
function notingWhatIsLetGo(store: Store, left: RunLease[]): Store {
  const { leases } = store;
  return {
    ...store,
    leases: {
      renew: (held) => leases.renew(held),
      claimOrphans: (limit) => leases.claimOrphans(limit),
      letGo: (lease) => {
        left.push(lease);
        leases.letGo(lease);
      },
    },
  };
}

async function claimAgain(app: Application): Promise<void> {
  await app.store.leases.claimOrphans(1);
  app.clock.advance(LEASE);
}

describe('a run whose writer is gone', () => {
  it('is answered by the next writer when nobody has seen a token', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi'), end()) });
    const run = await leftBehind(app);
    const reading = collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    await app.activeRuns.startOrphans();
    expect(textOf(await reading)).to.equal('Hi');
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed', attempts: 2, epoch: 2 });
    expect(app.observer.takeovers).to.deep.equal([true]);
  });

  it('goes on where nothing was told but that another agent answers, and asks it the same', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi'), end()) });
    const turn = aTurn({ runId: 'orphan', at: app.clock.now(), choice: { agent: 'default' }, switching: {} });
    const { run } = await app.store.sessions.accept(turn);
    const opening = { type: 'agent-switched', sequence: 1, from: 'default', to: 'default' } as const;
    await app.store.journal.append(run, [opening], NEVER);
    app.clock.advance(LEASE);
    await app.activeRuns.startOrphans();
    const events = await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    expect(events.map(({ type, sequence }) => [type, sequence])).to.deep.equal([
      ['agent-switched', 1],
      ['text-delta', 2],
      ['run-end', 3],
    ]);
    expect(app.observer.takeovers).to.deep.equal([true]);
  });

  it('ends interrupted where reasoning was seen: it is no part of what it keeps', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('again'), end()) });
    const { run } = await app.store.sessions.accept(aTurn({ runId: 'orphan', choice: { include: ['reasoning'] } }));
    await app.store.journal.append(run, [{ type: 'reasoning-delta', sequence: 1, text: 'hm' }], NEVER);
    app.clock.advance(LEASE);
    await app.activeRuns.startOrphans();
    await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    expect(await app.store.runs.find(run.id)).to.include({ status: 'interrupted' });
    expect(await messagesIn(app.store.sessions, 'session1')).to.have.length(1);
  });

  it('ends interrupted where a token was seen; its partial is kept, and the model is not asked again', async () => {
    const gateway = new ScriptedModel(text('again'), end());
    const app = await anApplication({ gateway });
    const run = await leftBehind(app, 'seen ', 'by many');
    const reading = collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    await app.activeRuns.startOrphans();
    const events = await reading;
    expect(textOf(events)).to.equal('seen by many');
    expect(events.at(-1)).to.include({ type: 'run-end', finishReason: 'interrupted' });
    expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({
      content: 'seen by many',
      status: 'interrupted',
    });
    expect(gateway.prompts).to.deep.equal([]);
    expect(app.observer.takeovers).to.deep.equal([false]);
  });

  it('makes way for the message that waits behind it', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('next answer'), end()) });
    await leftBehind(app, 'partial');
    const queued = await app.send('next', { onBusy: 'queue' });
    await app.activeRuns.startOrphans();
    expect(textOf(await collect(eventsFor(queued, NEVER)))).to.equal('next answer');
  });

  it('ends for the cause it was asked to stop for', async () => {
    for (const tokens of [[], ['partial']]) {
      const app = await anApplication({ gateway: new ScriptedModel(text('never'), end()) });
      const run = await leftBehind(app, ...tokens);
      await app.cancelRun.execute(run.id, ANYBODY);
      await app.activeRuns.startOrphans();
      expect(textOf(await collect(eventsOf(app.store.journal, run.id, 0, NEVER)))).to.equal(tokens.join(''));
      expect(await app.store.runs.find(run.id)).to.include({ status: 'cancelled' });
    }
  });

  it('fails when its second writer is gone too: it may be what kills them', async () => {
    const gateway = new ScriptedModel(text('never'), end());
    const app = await anApplication({ gateway });
    const run = await leftBehind(app);
    await claimAgain(app);
    await app.activeRuns.startOrphans();
    const events = await collect(eventsOf(app.store.journal, run.id, 0, NEVER));
    expect(events.map(({ type }) => type)).to.deep.equal(['run-failure', 'run-end']);
    expect((await app.store.runs.find(run.id)).error).to.include({ code: 'run_failed', retryable: true });
    expect(gateway.prompts).to.deep.equal([]);
  });

  it('is left to others by a process that is full, or that drains', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall), maxRuns: 1 });
    await app.send('Hello', { sessionId: 'own' });
    await app.store.sessions.accept(aTurn({ runId: 'orphan', at: app.clock.now() }));
    app.clock.advance(LEASE);
    await app.activeRuns.renewLeases();
    await app.activeRuns.startOrphans();
    const drained = app.activeRuns.drain(0);
    await app.activeRuns.startOrphans();
    await drained;
    expect(await app.store.leases.claimOrphans(9)).to.have.length(1);
  });
});

describe('a writer that others took for dead', () => {
  it('writes nothing more, and closes its upstream', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const { run } = await app.send('Hello');
    const call = await gateway.call();
    call.say('mine');
    for await (const _ of eventsOf(app.store.journal, run.id, 0, NEVER)) break;
    app.clock.advance(LEASE);
    const [claimed = aLease('none')] = await app.store.leases.claimOrphans(1);
    await app.activeRuns.renewLeases();
    await call.released;
    await until(() => app.activeRuns.size === 0);
    call.say('late').end();
    expect(await app.store.journal.position(run.id)).to.deep.equal({ last: 1, ended: false });
    await app.store.journal.append(claimed, chunks(['theirs'], 2), NEVER);
  });

  it('notices at its next token too', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const { run } = await app.send('Hello');
    const call = await gateway.call();
    app.clock.advance(LEASE);
    await app.store.leases.claimOrphans(1);
    call.say('late').end();
    await until(() => app.activeRuns.size === 0);
    expect(await app.store.journal.position(run.id)).to.deep.equal({ last: 0, ended: false });
    expect(app.observer.lost).to.equal(1);
  });

  for (const [what, take] of [
    ['another process took the run', async () => {}],
    ['another process ended it', async (app, lease) => void (await app.store.runs.end(lease, aReply()))],
  ] as const satisfies readonly (readonly [string, (app: Application, lease: RunLease) => Promise<void>])[]) {
    it(`lets the run go, and counts it as lost, when its model is to be asked again and ${what}`, async () => {
      const gateway = new GatedGateway();
      const left: RunLease[] = [];
      const app = await anApplication({ gateway, store: (store) => notingWhatIsLetGo(store, left) });
      const { run } = await app.send('Hello');
      const call = await gateway.call();
      app.clock.advance(LEASE);
      const [claimed = aLease('none')] = await app.store.leases.claimOrphans(1);
      await take(app, claimed);
      call.send({ type: 'retry' });
      await until(() => app.activeRuns.size === 0);
      expect(left.map(({ id, epoch }) => [id, epoch])).to.deep.equal([[run.id, 1]]);
      expect(app.observer.lost).to.equal(1);
    });
  }

  it('lets every run go, however its writing ended, and counts none that it ended itself', async () => {
    const left: RunLease[] = [];
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway, store: (store) => notingWhatIsLetGo(store, left) });
    const deleted = await app.send('Hello', { sessionId: 'deleted' });
    const ended = await app.send('Hello', { sessionId: 'ended' });
    await app.deleteSession.execute('deleted', ANYBODY);
    (await gateway.call(2)).say('Hi').end();
    await until(() => app.activeRuns.size === 0);
    expect(left.map(({ id }) => id).sort()).to.deep.equal([deleted.run.id, ended.run.id].sort());
    expect(app.observer.lost).to.equal(0);
  });
});

describe('a store that is away', () => {
  it('delays what is written, and loses and doubles nothing of it', async () => {
    let away: AwayStore | undefined;
    const gateway = new GatedGateway();
    const app = await anApplication({
      gateway,
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    const { run, read } = await app.send('Hello');
    const reading = collect(eventsFor({ read }, NEVER));
    const call = await gateway.call();
    call.say('one ');
    away?.leave(['append', 'end'], 1);
    away?.loseAnswers(['append', 'end'], 1);
    call.say('two ', 'three').end();
    expect(textOf(await reading)).to.equal('one two three');
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed' });
    expect(await messagesIn(app.store.sessions, 'session1')).to.have.length(2);
  });

  it('counts a call of the model once, when the answer to its beginning was lost', async () => {
    let away: AwayStore | undefined;
    const app = await anApplication({
      gateway: new ScriptedModel(text('Hi'), end()),
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    away?.loseAnswers(['beginAttempt'], 2);
    const { run, read } = await app.send('Hello');
    expect(textOf(await collect(eventsFor({ read }, NEVER)))).to.equal('Hi');
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed', attempts: 1 });
  });

  it('does not keep the message waiting that comes next, when the answer to an ending was lost', async () => {
    let away: AwayStore | undefined;
    const gateway = new ScriptedModel(text('Hi'), end());
    const app = await anApplication({
      gateway,
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    away?.loseAnswers(['end'], 2);
    const { run } = await app.send('Hello');
    const next = await app.send('next', { onBusy: 'queue' });
    expect(textOf(await collect(eventsFor(next, NEVER)))).to.equal('Hi');
    expect(await app.store.runs.find(next.run.id)).to.include({ status: 'completed', epoch: 1, attempts: 1 });
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed' });
    expect(app.log.lines.map(({ level }) => level)).not.to.include('warn');
  });

  it('lets a run be cancelled meanwhile', async () => {
    let away: AwayStore | undefined;
    const gateway = new GatedGateway();
    const app = await anApplication({
      gateway,
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    const { run, read } = await app.send('Hello');
    const reading = collect(eventsFor({ read }, NEVER));
    const call = await gateway.call();
    away?.leave(['append'], Number.POSITIVE_INFINITY);
    call.say('never kept');
    await app.cancelRun.execute(run.id, ANYBODY);
    const seen = await reading;
    expect(seen).to.have.length(1);
    expect(seen[0]).to.include({ finishReason: 'cancelled' });
  });
});

describe('ActiveRuns.drain', () => {
  let timers: SinonFakeTimers | undefined;

  afterEach(() => timers?.restore());

  const outlives = (store: Store): Store => ({ ...store, outlivesProcess: true });

  it('leaves the messages that wait to other processes, where the store outlives this one', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway, store: outlives });
    await app.send('one');
    const queued = await app.send('two', { onBusy: 'queue' });
    const drained = app.activeRuns.drain(10_000);
    (await gateway.call()).say('answer').end();
    await drained;
    expect(gateway.calls).to.have.length(1);
    expect((await app.store.leases.claimOrphans(9)).map(({ id, epoch }) => ({ id, epoch }))).to.deep.equal([
      { id: queued.run.id, epoch: 1 },
    ]);
  });

  it('waits for a message that is just being accepted', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi'), end()) });
    const sending = app.send('Hello');
    await app.activeRuns.drain(10_000);
    const { run } = await sending;
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed' });
  });

  it('does not wait for ever for a store that is away', async () => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    timers = clock;
    let away: AwayStore | undefined;
    const app = await anApplication({
      gateway: new ScriptedModel(stall),
      store: (store) => {
        away = new AwayStore(store);
        return away.store;
      },
    });
    const { run } = await app.send('Hello');
    away?.leave(['end'], Number.POSITIVE_INFINITY);
    let isDrained = false;
    const drained = app.activeRuns.drain(0).then(() => {
      isDrained = true;
    });
    while (!isDrained) await clock.tickAsync(100);
    await drained;
    expect(await app.store.runs.find(run.id)).to.include({ status: 'running', endedAt: undefined });
  });
});
