import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, RuntimeServer, type RuntimeServerOptions } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';
import { within } from '../support/within.js';

const STREAM = '/agent/message/stream';

describe('a busy session', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  const start = async (settings: RuntimeServerOptions['settings'] = {}) => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, settings: { QUEUE_LIMIT: '2', ...settings } });
  };
  afterEach(() => server.close());

  const history = async (): Promise<unknown[]> => {
    const { messages } = (await server.get('/agent/sessions/demo/messages')).json;
    if (!Array.isArray(messages)) throw new Error('No messages');
    return messages.map(({ role, content, status }) => `${role} ${status}: ${content}`);
  };
  const queue = (content: string) => server.send({ content, on_busy: 'queue' });
  const interrupt = (content: string) => server.send({ content, on_busy: 'interrupt' });
  const ended = (...streams: readonly SseClient[]) => Promise.all(streams.map((stream) => stream.ended()));

  describe('that rejects', () => {
    beforeEach(() => start());

    it('answers 409 with the run that keeps it busy, and stores nothing', async () => {
      const active = await server.send();
      const call = await gateway.call();
      for (const path of [STREAM, '/agent/message']) {
        for (const message of [aMessage(), aMessage({ on_busy: 'reject' })]) {
          const answer = await server.post(path, message);
          expectProblem(answer, 409, 'session_busy');
          expect(answer.json.run_id).to.equal(active.runId);
          expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
        }
      }
      expect(await history()).to.have.length(1);
      call.say('Hi').end();
      await active.ended();
      expect((await server.send()).status).to.equal(200);
    });

    it('takes one of two messages that come at once', async () => {
      const answers = await Promise.all([server.send({ content: 'A' }), server.send({ content: 'B' })]);
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
      expect(await history()).to.have.length(1);
    });

    it('does not hold up another session', async () => {
      await server.send();
      const other = await server.send({ session_id: 'other' });
      (await gateway.call(2)).say('Hi').end();
      await other.ended();
      expect(other.finishReason).to.equal('stop');
    });
  });

  describe('that queues', () => {
    beforeEach(() => start());

    it('answers in the order of the messages, and no prompt holds a later turn', async () => {
      const streams = [await server.send({ content: 'First' }), await queue('Second'), await queue('Third')];
      expect(await history()).to.deep.equal(['user complete: First', 'user complete: Second', 'user complete: Third']);
      (await gateway.call(1)).say('One').end();
      const second = await gateway.call(2);
      expect(second.prompt.slice(1).map(({ content }) => content)).to.deep.equal(['First', 'One', 'Second']);
      expect(gateway.calls).to.have.length(2);
      second.say('Two').end();
      const third = await gateway.call(3);
      expect(third.prompt.slice(1).map(({ content }) => content)).to.deep.equal([
        'First',
        'One',
        'Second',
        'Two',
        'Third',
      ]);
      third.say('Three').end();
      await ended(...streams);
      expect(streams.map(({ text }) => text)).to.deep.equal(['One', 'Two', 'Three']);
      expect(await history()).to.deep.equal([
        'user complete: First',
        'assistant complete: One',
        'user complete: Second',
        'assistant complete: Two',
        'user complete: Third',
        'assistant complete: Three',
      ]);
    });

    it('opens the stream of a waiting message at once', async () => {
      await server.send();
      const queued = await queue('Second');
      await queued.until(() => queued.others.length > 0);
      expect(queued.status).to.equal(200);
      expect(queued.comments).to.deep.equal(['ok']);
      expect(queued.frames).to.deep.equal([]);
    });

    it('answers 429 when the queue is full, and stores nothing', async () => {
      await server.send();
      await queue('Second');
      await queue('Third');
      for (const path of [STREAM, '/agent/message']) {
        const answer = await server.post(path, aMessage({ on_busy: 'queue' }));
        expectProblem(answer, 429, 'queue_full');
        expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
      }
      expect(await history()).to.have.length(3);
    });

    it('has room again when a waiting message is cancelled', async () => {
      await server.send();
      const second = await queue('Second');
      await queue('Third');
      await server.post(`/agent/runs/${second.runId}/cancel`);
      expect((await queue('Fourth')).status).to.equal(200);
    });

    it('goes on behind a run that fails', async () => {
      await server.send();
      const second = await queue('Second');
      (await gateway.call(1)).fail(new Error('inner'));
      (await gateway.call(2)).say('Two').end();
      await second.ended();
      expect(second.text).to.equal('Two');
    });

    it('goes on behind a run that is cancelled', async () => {
      const first = await server.send();
      const second = await queue('Second');
      await gateway.call(1);
      await server.post(`/agent/runs/${first.runId}/cancel`);
      (await gateway.call(2)).say('Two').end();
      await second.ended();
      expect(second.text).to.equal('Two');
    });

    it('starts a message at once when nothing runs', async () => {
      const stream = await queue('First');
      (await gateway.call()).say('One').end();
      await stream.ended();
      expect(stream.text).to.equal('One');
    });
  });

  describe('that is interrupted', () => {
    beforeEach(() => start());

    it('ends the active run interrupted, keeps its partial, and answers the new message', async () => {
      const first = await server.send({ content: 'First' });
      const call = await gateway.call(1);
      call.say('Half');
      await first.received(1);
      const second = await interrupt('Second');
      await within(1000, Promise.all([first.ended(), call.released]));
      expect(first.payloads.at(-1)).to.include({ is_final: true, finish_reason: 'interrupted' });
      const answer = await gateway.call(2);
      expect(answer.prompt.slice(1)).to.deep.equal([
        { role: 'user', content: 'First' },
        { role: 'assistant', content: 'Half' },
        { role: 'user', content: 'Second' },
      ]);
      answer.say('Two').end();
      await second.ended();
      expect(await history()).to.deep.equal([
        'user complete: First',
        'assistant interrupted: Half',
        'user complete: Second',
        'assistant complete: Two',
      ]);
      expect((await server.get(`/agent/runs/${first.runId}`)).json).to.include({ status: 'interrupted' });
    });

    it('ends a run interrupted that has not had a token', async () => {
      const first = await server.send({ content: 'First' });
      await gateway.call(1);
      const second = await interrupt('Second');
      await first.ended();
      expect(first.payloads).to.have.length(1);
      expect(first.finishReason).to.equal('interrupted');
      const answer = await gateway.call(2);
      expect(answer.prompt.slice(1)).to.deep.equal([{ role: 'user', content: 'First\n\nSecond' }]);
      answer.say('Two').end();
      await second.ended();
    });

    it('lets the new message go ahead of the queue, which stays', async () => {
      const first = await server.send({ content: 'First' });
      await gateway.call(1);
      const queued = await queue('Queued');
      const urgent = await interrupt('Urgent');
      await first.ended();
      const second = await gateway.call(2);
      expect(second.prompt.at(-1)?.content).to.equal('First\n\nUrgent');
      second.say('Two').end();
      const third = await gateway.call(3);
      expect(third.prompt.at(-1)?.content).to.equal('Queued');
      third.say('Three').end();
      await ended(urgent, queued);
      expect(await history()).to.deep.equal([
        'user complete: First',
        'user complete: Urgent',
        'assistant complete: Two',
        'user complete: Queued',
        'assistant complete: Three',
      ]);
    });

    it('is interrupted also when its queue is full', async () => {
      await server.send({ content: 'First' });
      await gateway.call(1);
      await queue('Second');
      await queue('Third');
      const urgent = await interrupt('Urgent');
      expect(urgent.status).to.equal(200);
      expect((await gateway.call(2)).prompt.at(-1)?.content).to.contain('Urgent');
    });

    it('starts a message at once when nothing runs', async () => {
      const stream = await interrupt('First');
      (await gateway.call()).say('One').end();
      await stream.ended();
      expect(stream.text).to.equal('One');
    });
  });

  describe('with other settings', () => {
    it('queues by itself with ON_BUSY=queue, and rejects who asks for it', async () => {
      await start({ ON_BUSY: 'queue' });
      await server.send();
      expect((await server.send()).status).to.equal(200);
      expectProblem(await server.post(STREAM, aMessage({ on_busy: 'reject' })), 409, 'session_busy');
    });

    it('is interrupted by any message with ON_BUSY=interrupt', async () => {
      await start({ ON_BUSY: 'interrupt' });
      const first = await server.send();
      await gateway.call(1);
      await server.send();
      await first.ended();
      expect(first.finishReason).to.equal('interrupted');
    });

    it('has no queue with QUEUE_LIMIT=0', async () => {
      await start({ QUEUE_LIMIT: '0' });
      await server.send();
      expectProblem(await server.post(STREAM, aMessage({ on_busy: 'queue' })), 429, 'queue_full');
    });

    it('has eight places when nothing is said', async () => {
      gateway = new GatedGateway();
      server = await RuntimeServer.start({ gateway });
      await server.send();
      for (let place = 1; place <= 8; place += 1) expect((await queue(`Message ${place}`)).status).to.equal(200);
      expectProblem(await server.post(STREAM, aMessage({ on_busy: 'queue' })), 429, 'queue_full');
    });
  });
});
