import { expect } from 'chai';
import { NOT_PREPARED, Preparation } from '../../../src/application/preparation.js';
import type { Choice } from '../../../src/domain/choice.js';
import {
  IdempotencyMismatch,
  LlmError,
  Overloaded,
  SessionBusy,
  ShuttingDown,
  StoreUnavailable,
} from '../../../src/domain/errors.js';
import { anApplication } from '../../support/application.js';
import { ANYBODY, collect, errorOf, NEVER, NEW_YEAR, textOf } from '../../support/builders.js';
import { GatedGateway } from '../../support/gated-gateway.js';
import { messagesIn } from '../../support/messages-in.js';
import { eventsFor } from '../../support/pulled.js';
import { batch, end, ScriptedModel, stall, text } from '../../support/scripted-model.js';

describe('SendMessage', () => {
  it('streams the answer token by token and stores the exchange', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi '), text('there'), end()) });
    const { run, replayed, read } = await app.send('Hello');
    expect(replayed).to.equal(false);
    expect(await collect(eventsFor({ read }, NEVER))).to.deep.equal([
      { type: 'text-delta', sequence: 1, text: 'Hi ' },
      { type: 'text-delta', sequence: 2, text: 'there' },
      { type: 'run-end', sequence: 3, finishReason: 'stop', usage: undefined, model: 'mock:fake-llm', at: NEW_YEAR },
    ]);
    const messages = await messagesIn(app.store.sessions, 'session1');
    expect(messages.map(({ role, content }) => [role, content])).to.deep.equal([
      ['user', 'Hello'],
      ['assistant', 'Hi there'],
    ]);
    expect(await app.store.runs.find(run.id)).to.include({ status: 'completed', attempts: 1 });
  });

  it('sends the system prompt first and the exchanges before along', async () => {
    const gateway = new ScriptedModel(text('Hi'), end());
    const app = await anApplication({ gateway });
    await collect(eventsFor(await app.send('one'), NEVER));
    await collect(eventsFor(await app.send('two'), NEVER));
    expect(gateway.prompts[1]).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'two' },
    ]);
  });

  it('asks with what its client has brought along, and with instructions of its own', async () => {
    const gateway = new ScriptedModel(text('Hi'), end());
    const app = await anApplication({ gateway });
    await collect(eventsFor(await app.send('one'), NEVER));
    const transcript = [{ role: 'user', content: 'two' }];
    await collect(eventsFor(await app.send('', { choice: { transcript, instructions: '' } }), NEVER));
    await collect(eventsFor(await app.send('three', { choice: { instructions: 'Be long.' } }), NEVER));
    expect(gateway.prompts[1]).to.deep.equal([{ role: 'user', content: 'two', written: transcript[0] }]);
    expect(gateway.prompts[2]?.[0]).to.deep.equal({ role: 'system', content: 'Be long.' });
  });

  it('leaves no call open whose result its client will bring along', async () => {
    const gateway = new ScriptedModel(
      batch(
        { type: 'call', index: 0, callId: 'c1', toolName: 'read_file', argumentsText: '{}' },
        { type: 'end', finishReason: 'stop' },
      ),
    );
    const app = await anApplication({ gateway });
    const tools = [{ type: 'function', function: { name: 'read_file' } }];
    const choice: Choice = { transcript: [{ role: 'user', content: 'read' }], tools };
    const sent = await app.send('', { choice });
    const events = await collect(eventsFor(sent, NEVER));
    expect(events.at(-1)).to.include({ finishReason: 'tool_calls' });
    expect(await app.store.sessions.find(sent.run.sessionId)).to.include({ status: 'idle', askedBy: undefined });
  });

  it('returns before the model has said anything', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall) });
    const { run } = await app.send('Hello');
    expect(run.status).to.equal('running');
    await app.cancelRun.execute(run.id, ANYBODY);
    await app.activeRuns.drain(0);
  });

  it('keeps usage and tells length and content filter apart from a whole answer', async () => {
    const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
    const gateway = new ScriptedModel(text('Hi'), batch({ type: 'usage', usage }), end('length'));
    const app = await anApplication({ gateway });
    const { run, read } = await app.send('Hello');
    expect((await collect(eventsFor({ read }, NEVER))).at(-1)).to.deep.include({ finishReason: 'length', usage });
    expect(await app.store.runs.find(run.id)).to.deep.include({ usage, finishReason: 'length' });
    expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({ status: 'incomplete' });
  });

  it('ends a run that the upstream fails with the error and what was written', async () => {
    const error = new LlmError('upstream_timeout');
    const app = await anApplication({ gateway: new ScriptedModel(text('Hi'), { type: 'fail', error }) });
    const { run, read } = await app.send('Hello');
    expect((await collect(eventsFor({ read }, NEVER))).slice(1)).to.deep.equal([
      { type: 'run-failure', sequence: 2, code: 'upstream_timeout', message: error.message, retryable: true },
      { type: 'run-end', sequence: 3, finishReason: 'error', usage: undefined, model: 'mock:fake-llm', at: NEW_YEAR },
    ]);
    expect(await app.store.runs.find(run.id)).to.include({ status: 'failed' });
    expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({ content: 'Hi', status: 'failed' });
  });

  it('ends a run that a mistake of ours stops, tells the log and not the client why, and lives on', async () => {
    const gateway = new ScriptedModel({ type: 'fail', error: new TypeError('secret detail') });
    const app = await anApplication({ gateway });
    const events = await collect(eventsFor(await app.send('Hello'), NEVER));
    expect(events[0]).to.include({ type: 'run-failure', code: 'run_failed' });
    expect(JSON.stringify(events)).not.to.include('secret');
    expect(app.log.lines.find(({ level }) => level === 'error')?.error).to.be.instanceOf(TypeError);
    expect((await app.send('Again')).run.status).to.equal('running');
  });

  it('ends a run that writes more than it may as length, with the reason', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(text('x'.repeat(9 * 1024 * 1024)), end()) });
    const { run, read } = await app.send('Hello');
    const all = await collect(eventsFor({ read }, NEVER));
    expect(all.slice(-2).map(({ type }) => type)).to.deep.equal(['run-failure', 'run-end']);
    const ended = await app.store.runs.find(run.id);
    expect(ended).to.include({ finishReason: 'length', status: 'completed' });
    expect(ended.error).to.include({ code: 'output_limit' });
    expect((await messagesIn(app.store.sessions, 'session1'))[1]?.content).to.equal(textOf(all));
  });

  it('calls the model once for a message that is sent again with its key', async () => {
    const gateway = new ScriptedModel(text('Hi'), end());
    const app = await anApplication({ gateway });
    const sent = await Promise.all(Array.from({ length: 50 }, () => app.send('Hello', { idempotencyKey: 'key' })));
    const streams = await Promise.all(sent.map(({ read }) => collect(eventsFor({ read }, NEVER))));
    const later = await app.send('Hello', { idempotencyKey: 'key' });
    expect(later.replayed).to.equal(true);
    streams.push(await collect(eventsFor(later, NEVER)));
    for (const stream of streams) expect(stream).to.deep.equal(streams[0]);
    expect(gateway.prompts).to.have.length(1);
    expect(await messagesIn(app.store.sessions, 'session1')).to.have.length(2);
    const other = app.send('Other', { idempotencyKey: 'key' });
    expect(await errorOf(other)).to.be.instanceOf(IdempotencyMismatch);
  });

  it('tells the answer of a known key from the history when its journal is no longer kept', async () => {
    const error = new LlmError('upstream_timeout');
    const app = await anApplication({
      gateway: new ScriptedModel(text('Hi '), text('there'), { type: 'fail', error }),
    });
    await collect(eventsFor(await app.send('Hello', { idempotencyKey: 'key' }), NEVER));
    app.clock.advance(2 * 60 * 60 * 1000);
    const { replayed, read } = await app.send('Hello', { idempotencyKey: 'key' });
    expect(replayed).to.equal(true);
    expect(await collect(eventsFor({ read }, NEVER))).to.deep.equal([
      { type: 'text-delta', sequence: 1, text: 'Hi there' },
      { type: 'run-failure', sequence: 2, code: 'upstream_timeout', message: error.message, retryable: true },
      { type: 'run-end', sequence: 3, finishReason: 'error', usage: undefined, model: 'mock:fake-llm', at: NEW_YEAR },
    ]);
  });

  it('refuses a message while the session is answering another', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall) });
    const { run } = await app.send('Hello');
    expect(await errorOf(app.send('Again')))
      .to.be.instanceOf(SessionBusy)
      .with.property('runId', run.id);
    await app.activeRuns.drain(0);
  });

  it('answers queued messages in order, each with those before it', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const sent = [await app.send('one')];
    for (const content of ['two', 'three']) sent.push(await app.send(content, { onBusy: 'queue' }));
    expect(sent.map(({ run }) => run.status)).to.deep.equal(['running', 'queued', 'queued']);
    for (const [index, { read }] of sent.entries()) {
      (await gateway.call(index + 1)).say(`answer ${index + 1}`).end();
      await collect(eventsFor({ read }, NEVER));
    }
    expect(gateway.calls.map(({ prompt }) => prompt.map(({ content }) => content).slice(1))).to.deep.equal([
      ['one'],
      ['one', 'answer 1', 'two'],
      ['one', 'answer 1', 'two', 'answer 2', 'three'],
    ]);
  });

  it('interrupts the active run, keeps its partial and goes ahead of the queue', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const first = await app.send('one');
    const queued = await app.send('two', { onBusy: 'queue' });
    (await gateway.call()).say('partial');
    for await (const _ of eventsFor(first, NEVER)) break;
    const urgent = await app.send('three', { onBusy: 'interrupt' });
    expect((await collect(eventsFor(first, NEVER))).at(-1)).to.include({ finishReason: 'interrupted' });
    (await gateway.call(2)).say('urgent answer').end();
    await collect(eventsFor(urgent, NEVER));
    (await gateway.call(3)).say('queued answer').end();
    await collect(eventsFor(queued, NEVER));
    const history = await messagesIn(app.store.sessions, 'session1');
    expect(history.map(({ content, status }) => `${content}: ${status}`)).to.deep.equal([
      'one: complete',
      'partial: interrupted',
      'three: complete',
      'urgent answer: complete',
      'two: complete',
      'queued answer: complete',
    ]);
  });

  describe('limits', () => {
    it('refuses a message when as many runs are written as may be, but answers a known key', async () => {
      const app = await anApplication({ gateway: new ScriptedModel(stall), maxRuns: 1 });
      await app.send('Hello', { idempotencyKey: 'key' });
      expect(await errorOf(app.send('Hello', { sessionId: 'session2' }))).to.be.instanceOf(Overloaded);
      expect(await app.send('Hello', { idempotencyKey: 'key' })).to.include({ replayed: true });
      await app.activeRuns.drain(0);
    });

    it('refuses a message while shutting down, and interrupts what does not end in time, queue included', async () => {
      const app = await anApplication({ gateway: new ScriptedModel(text('partial'), stall) });
      const running = await app.send('Hello');
      const queued = await app.send('Again', { onBusy: 'queue' });
      const streams = [running, queued].map(({ read }) => collect(eventsFor({ read }, NEVER)));
      await new Promise(setImmediate);
      const drained = app.activeRuns.drain(1);
      expect(await errorOf(app.send('Late', { sessionId: 'session2' }))).to.be.instanceOf(ShuttingDown);
      await drained;
      const endings = (await Promise.all(streams)).map((events) => events.at(-1));
      for (const ending of endings) expect(ending).to.include({ type: 'run-end', finishReason: 'interrupted' });
      expect(await app.store.runs.find(queued.run.id)).to.include({ attempts: 0 });
    });

    it('lets open runs come to their end while shutting down', async () => {
      const gateway = new GatedGateway();
      const app = await anApplication({ gateway });
      const { read } = await app.send('Hello');
      const drained = app.activeRuns.drain(60_000);
      (await gateway.call()).say('Hi').end();
      expect((await collect(eventsFor({ read }, NEVER))).at(-1)).to.include({ finishReason: 'stop' });
      await drained;
    });
  });

  describe('when its session cannot be read', () => {
    const READINGS = {
      'never comes to its end': async function* () {
        yield [];
        await new Promise(() => {});
      },
      'fails again and again': async function* () {
        yield [];
        throw new StoreUnavailable();
      },
    };
    for (const [what, read] of Object.entries(READINGS)) {
      it(`ends the run with the error meant for that, and takes the next message, where the reading ${what}`, async () => {
        const gateway = new ScriptedModel(text('Hi'), end());
        let isAway = true;
        const app = await anApplication({
          gateway,
          preparation: (sessions, budget) => {
            const latestMessages = (key: string, through?: string) =>
              isAway ? read() : sessions.latestMessages(key, through);
            return new Preparation({ latestMessages, find: (key) => sessions.find(key) }, budget, 100);
          },
        });
        const { run, read: follow } = await app.send('one');
        const [failure, ending, ...more] = await collect(eventsFor({ read: follow }, NEVER));
        expect(failure).to.deep.equal({ type: 'run-failure', sequence: 1, ...NOT_PREPARED });
        expect(ending).to.include({ type: 'run-end', sequence: 2, finishReason: 'error' });
        expect(more).to.deep.equal([]);
        expect(await app.store.runs.find(run.id)).to.deep.include({ status: 'failed', error: NOT_PREPARED });
        expect(gateway.prompts).to.deep.equal([]);
        isAway = false;
        expect(textOf(await collect(eventsFor(await app.send('two'), NEVER)))).to.equal('Hi');
        expect(gateway.prompts[0]?.at(-1)).to.deep.equal({ role: 'user', content: 'one\n\ntwo' });
      });
    }

    it('ends the run as too long, and asks nobody, where that is more than can be sent', async () => {
      const gateway = new ScriptedModel(text('Hi'), end());
      const app = await anApplication({
        gateway,
        preparation: (sessions, budget) => new Preparation(sessions, budget, 60_000, 1000),
      });
      const { run, read } = await app.send('x'.repeat(1001));
      const [failure, ending] = await collect(eventsFor({ read }, NEVER));
      expect(failure).to.include({ type: 'run-failure', code: 'upstream_too_long', retryable: false });
      expect(ending).to.include({ type: 'run-end', finishReason: 'error' });
      expect(gateway.prompts).to.deep.equal([]);
      expect(await app.store.runs.find(run.id)).to.include({ status: 'failed' });
      expect(await app.store.sessions.find('session1')).to.include({ status: 'idle' });
    });
  });

  describe('when the reader leaves', () => {
    it('goes on with the run and stores it whole', async () => {
      const gateway = new GatedGateway();
      const app = await anApplication({ gateway });
      const { run, read } = await app.send('Hello');
      const call = await gateway.call();
      call.say('Hi ');
      for await (const _ of eventsFor({ read }, NEVER)) break;
      call.say('there').end();
      const rest = await app.resumeStream.execute(run.id, ANYBODY, 1);
      expect(textOf(await collect(eventsFor(rest, NEVER)))).to.equal('there');
      expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({
        content: 'Hi there',
        status: 'complete',
      });
    });

    it('cancels the run with its last reader when it was sent so', async () => {
      const gateway = new GatedGateway();
      const app = await anApplication({ gateway });
      const { run, read } = await app.send('Hello', { onDisconnect: 'cancel' });
      (await gateway.call()).say('Hi');
      const leaving = new AbortController();
      const other = await app.resumeStream.execute(run.id, ANYBODY, 0);
      const stays = collect(eventsFor(other, leaving.signal));
      for await (const _ of eventsFor({ read }, NEVER)) break;
      expect(await app.store.runs.find(run.id)).to.include({ status: 'running' });
      leaving.abort();
      await stays;
      const again = await app.resumeStream.execute(run.id, ANYBODY, 1);
      expect(await collect(eventsFor(again, NEVER))).to.deep.include({
        type: 'run-end',
        sequence: 2,
        finishReason: 'cancelled',
        usage: undefined,
        model: 'mock:fake-llm',
        at: NEW_YEAR,
      });
    });

    it('cancels a queued run too', async () => {
      const app = await anApplication({ gateway: new ScriptedModel(stall) });
      await app.send('Hello');
      const { run, read } = await app.send('Again', { onBusy: 'queue', onDisconnect: 'cancel' });
      const leaving = new AbortController();
      leaving.abort();
      expect(await collect(eventsFor({ read }, leaving.signal))).to.deep.equal([]);
      expect(await app.store.runs.find(run.id)).to.include({ status: 'cancelled', attempts: 0 });
      await app.activeRuns.drain(0);
    });
  });
});
