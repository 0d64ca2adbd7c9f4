import { expect } from 'chai';
import fc from 'fast-check';
import { RunNotFound } from '../../../src/domain/errors.js';
import { type Application, anApplication } from '../../support/application.js';
import { ANYBODY, collect, errorOf, NEVER, textOf } from '../../support/builders.js';
import { GatedGateway } from '../../support/gated-gateway.js';
import { messagesIn } from '../../support/messages-in.js';
import { eventsFor } from '../../support/pulled.js';
import { end, ScriptedModel, stall, text } from '../../support/scripted-model.js';

describe('CancelRun', () => {
  it('ends the run for every reader, and keeps what was written', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const { run, read } = await app.send('Hello');
    const second = await app.resumeStream.execute(run.id, ANYBODY, 0);
    const streams = [collect(eventsFor({ read }, NEVER)), collect(eventsFor(second, NEVER))];
    (await gateway.call()).say('partial');
    for await (const _ of eventsFor({ read }, NEVER)) break;
    expect(await app.cancelRun.execute(run.id, ANYBODY)).to.include({ hadEnded: false });
    for (const stream of await Promise.all(streams)) {
      expect(textOf(stream)).to.equal('partial');
      expect(stream.at(-1)).to.include({ finishReason: 'cancelled' });
    }
    expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({
      content: 'partial',
      status: 'cancelled',
    });
  });

  it('ends a run before its first token, with no message', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall) });
    const { run, read } = await app.send('Hello');
    await app.cancelRun.execute(run.id, ANYBODY);
    expect(await collect(eventsFor({ read }, NEVER))).to.have.length(1);
    expect(await messagesIn(app.store.sessions, 'session1')).to.have.length(1);
  });

  it('ends a queued run at once; the model never hears of it, and the prompt of the next has its message', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    await app.send('one');
    const queued = await app.send('two', { onBusy: 'queue' });
    const third = await app.send('three', { onBusy: 'queue' });
    await app.cancelRun.execute(queued.run.id, ANYBODY);
    expect(await collect(eventsFor(queued, NEVER))).to.have.length(1);
    (await gateway.call()).say('answer').end();
    (await gateway.call(2)).say('last').end();
    await collect(eventsFor(third, NEVER));
    expect(gateway.calls).to.have.length(2);
    expect(gateway.calls[1]?.prompt.map(({ content }) => content)).to.deep.equal([
      'Be brief.',
      'one',
      'answer',
      'two\n\nthree',
    ]);
  });

  it('changes nothing after the end', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi'), end()) });
    const { run, read } = await app.send('Hello');
    await collect(eventsFor({ read }, NEVER));
    const { run: after, hadEnded } = await app.cancelRun.execute(run.id, ANYBODY);
    expect({ status: after.status, hadEnded }).to.deep.equal({ status: 'completed', hadEnded: true });
  });

  it('refuses a run that is not there', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(end()) });
    expect(await errorOf(app.cancelRun.execute('none', ANYBODY))).to.be.instanceOf(RunNotFound);
  });

  it('gives one ending, whenever it meets the natural end (property)', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.nat(8), async (turns, tokens) => {
        const steps = Array.from({ length: tokens }, (_, index) => text(`${index} `));
        const app = await anApplication({ gateway: new ScriptedModel(...steps, end()) });
        const { run, read } = await app.send('Hello');
        const reading = collect(eventsFor({ read }, NEVER));
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        await app.cancelRun.execute(run.id, ANYBODY);
        await expectOneEnding(app, run.id, await reading);
      }),
      { numRuns: 500 },
    );
  });
});

async function expectOneEnding(
  app: Application,
  runId: string,
  events: Awaited<ReturnType<typeof collect>>,
): Promise<void> {
  const endings = events.filter(({ type }) => type === 'run-end');
  expect(endings).to.have.length(1);
  const run = await app.store.runs.find(runId);
  expect(endings[0]).to.include({ finishReason: run.finishReason });
  const answer = (await messagesIn(app.store.sessions, 'session1'))[1]?.content ?? '';
  expect(answer).to.equal(textOf(events));
  const again = await app.resumeStream.execute(runId, ANYBODY, 0);
  expect(await collect(eventsFor(again, NEVER))).to.deep.equal(events);
}
