import { expect } from 'chai';
import {
  CursorMismatch,
  InvalidCursor,
  ResumeExpired,
  RunNotFound,
  SessionNotFound,
} from '../../../src/domain/errors.js';
import { aMessage, anApplication } from '../../support/application.js';
import { ANYBODY, collect, errorOf, NEVER, textOf } from '../../support/builders.js';
import { GatedGateway } from '../../support/gated-gateway.js';
import { messagesIn } from '../../support/messages-in.js';
import { eventsFor } from '../../support/pulled.js';
import { end, ScriptedModel, stall, text } from '../../support/scripted-model.js';

const HOUR = 60 * 60 * 1000;

async function anAnsweredMessage() {
  const app = await anApplication({ gateway: new ScriptedModel(text('a'), text('b'), end()) });
  const { run, read } = await app.send('Hello');
  await collect(eventsFor({ read }, NEVER));
  return { app, run };
}

describe('ResumeStream', () => {
  it('goes on after any event, and says so when there is nothing more', async () => {
    const { app, run } = await anAnsweredMessage();
    const texts: string[] = [];
    for (const after of [0, 1, 2]) {
      const { read, atEnd } = await app.resumeStream.execute(run.id, ANYBODY, after);
      expect(atEnd).to.equal(false);
      texts.push(textOf(await collect(eventsFor({ read }, NEVER))));
    }
    expect(texts).to.deep.equal(['ab', 'b', '']);
    expect(await app.resumeStream.execute(run.id, ANYBODY, 3)).to.include({ atEnd: true });
    expect(app.observer.resumes).to.deep.equal([3, 2, 1]);
  });

  it('refuses a cursor beyond the last event, an unknown run, and one no longer kept', async () => {
    const { app, run } = await anAnsweredMessage();
    expect(await errorOf(app.resumeStream.execute(run.id, ANYBODY, 4))).to.be.instanceOf(InvalidCursor);
    expect(await errorOf(app.resumeStream.execute('none', ANYBODY, 0))).to.be.instanceOf(RunNotFound);
    app.clock.advance(HOUR);
    expect(await errorOf(app.resumeStream.execute(run.id, ANYBODY, 1))).to.be.instanceOf(ResumeExpired);
  });
});

describe('RepeatMessage', () => {
  it('goes on behind the cursor and calls the model no second time', async () => {
    const { app, run } = await anAnsweredMessage();
    const { read } = await app.repeatMessage.execute({ ...aMessage('Hello'), runId: run.id, after: 1 });
    expect(textOf(await collect(eventsFor({ read }, NEVER)))).to.equal('b');
    expect(await app.store.runs.find(run.id)).to.include({ attempts: 1 });
  });

  it('refuses another message, a run of another session, and one that is gone', async () => {
    const { app, run } = await anAnsweredMessage();
    const repeat = (content: string, sessionId: string, runId: string) =>
      errorOf(app.repeatMessage.execute({ ...aMessage(content, { sessionId }), runId, after: 1 }));
    expect(await repeat('Other', 'session1', run.id)).to.be.instanceOf(CursorMismatch);
    expect(await repeat('Hello', 'session2', run.id)).to.be.instanceOf(InvalidCursor);
    expect(await repeat('Hello', 'session1', 'none')).to.be.instanceOf(ResumeExpired);
  });
});

describe('JoinSession', () => {
  it('reads what runs from its start; nothing when nothing runs', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    await app.send('Hello');
    const joined = await app.joinSession.execute({ by: ANYBODY, sessionId: 'session1', seen: undefined });
    (await gateway.call()).say('a', 'b').end();
    expect(joined && textOf(await collect(eventsFor(joined, NEVER)))).to.equal('ab');
    expect(await app.joinSession.execute({ by: ANYBODY, sessionId: 'session1', seen: undefined })).to.equal(undefined);
    const none = app.joinSession.execute({ by: ANYBODY, sessionId: 'none', seen: undefined });
    expect(await errorOf(none)).to.be.instanceOf(SessionNotFound);
  });

  it('first gives a reader that comes back the rest of what it was reading, and then what runs now', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const { run } = await app.send('one');
    const next = await app.send('two', { onBusy: 'queue' });
    (await gateway.call()).say('a', 'b').end();
    for await (const _ of eventsFor(next, AbortSignal.timeout(20))) break;
    const join = (sequence: number) =>
      app.joinSession.execute({ by: ANYBODY, sessionId: 'session1', seen: { runId: run.id, sequence } });
    const rest = await join(1);
    expect(rest && textOf(await collect(eventsFor(rest, NEVER)))).to.equal('b');
    expect((await join(3))?.run.id).to.equal(next.run.id);
    await app.activeRuns.drain(0);
  });

  it('reads what runs when the run that the reader saw is unknown', async () => {
    const app = await anApplication({ gateway: new ScriptedModel(stall) });
    const { run } = await app.send('Hello');
    const seen = { runId: 'forgotten', sequence: 3 };
    expect((await app.joinSession.execute({ by: ANYBODY, sessionId: 'session1', seen }))?.run.id).to.equal(run.id);
    await app.activeRuns.drain(0);
  });
});

describe('DeleteSession', () => {
  it('cancels what runs and queues there for its readers, and nothing late attaches to the id', async () => {
    const gateway = new GatedGateway();
    const app = await anApplication({ gateway });
    const sent = [await app.send('one'), await app.send('two', { onBusy: 'queue' })];
    (await gateway.call()).say('partial');
    const streams = sent.map(({ read }) => collect(eventsFor({ read }, NEVER)));
    for (const { read } of sent.slice(0, 1)) for await (const _ of eventsFor({ read }, NEVER)) break;
    await app.deleteSession.execute('session1', ANYBODY);
    for (const stream of await Promise.all(streams)) {
      expect(stream.at(-1)).to.include({ type: 'run-end', finishReason: 'cancelled' });
    }
    const fresh = await app.send('fresh');
    (await gateway.call(2)).say('answer').end();
    await collect(eventsFor(fresh, NEVER));
    const history = await messagesIn(app.store.sessions, 'session1');
    expect(history.map(({ content }) => content)).to.deep.equal(['fresh', 'answer']);
    expect(app.log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});
