import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';
import { within } from '../support/within.js';

const cancelPath = (stream: SseClient) => `/agent/runs/${stream.runId}/cancel`;

describe('cancelling', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
  });
  afterEach(() => server.close());

  const cancel = (stream: SseClient) => server.post(cancelPath(stream));
  const runOf = async (stream: SseClient) => (await server.get(`/agent/runs/${stream.runId}`)).json;
  const history = async () => (await server.get('/agent/sessions/demo/messages')).json;

  it('answers 202, ends every reader cancelled, and keeps the partial with its usage', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    const reader = await server.follow(`/agent/runs/${stream.runId}/stream`);
    const usage = { inputTokens: 3, outputTokens: 1, totalTokens: 4 };
    call.send({ type: 'text', text: 'Half' }, { type: 'usage', usage });
    await Promise.all([stream.received(1), reader.received(1)]);
    const answer = await cancel(stream);
    expect(answer.status).to.equal(202);
    expect(answer.json).to.include({ run_id: stream.runId, session_id: 'demo' });
    await within(1000, Promise.all([call.released, stream.ended(), reader.ended()]));
    expect(stream.frames.slice(1)).to.deep.equal([
      {
        id: `${stream.runId}-2`,
        data: '{"token":"","is_final":true,"type":"assistant_message","finish_reason":"cancelled"}',
      },
      { id: undefined, data: '[DONE]' },
    ]);
    expect(reader.body).to.equal(stream.body);
    expect(await runOf(stream)).to.deep.include({
      status: 'cancelled',
      finish_reason: 'cancelled',
      error: null,
      usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
    });
    expect(await history()).to.have.nested.property('messages[1].content', 'Half');
    expect(await history()).to.have.nested.property('messages[1].status', 'cancelled');
  });

  it('leaves the session free for the next message', async () => {
    const stream = await server.send();
    await gateway.call();
    await cancel(stream);
    await stream.ended();
    const next = await server.send({ content: 'Next' });
    (await gateway.call(2)).say('Hi').end();
    await next.ended();
    expect(next.finishReason).to.equal('stop');
  });

  it('keeps an answer that is blank so far in the history, and out of every later prompt', async () => {
    const stream = await server.send({ content: 'One' });
    (await gateway.call()).say('\n\n');
    await stream.received(1);
    await cancel(stream);
    await stream.ended();
    const askedWith = async (content: string, number: number) => {
      const next = await server.send({ content });
      const call = await gateway.call(number);
      call.say('Hi').end();
      await next.ended();
      return call.prompt.slice(1);
    };
    const joined = { role: 'user', content: 'One\n\nTwo' };
    expect(await askedWith('Two', 2)).to.deep.equal([joined]);
    expect(await askedWith('Three', 3)).to.deep.equal([
      joined,
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Three' },
    ]);
    expect(await history()).to.have.nested.property('messages[1].content', '\n\n');
    expect(await history()).to.have.nested.property('messages[1].status', 'cancelled');
  });

  it('stores no message when there was no token yet', async () => {
    const stream = await server.send();
    await gateway.call();
    await cancel(stream);
    await stream.ended();
    expect(stream.payloads).to.have.length(1);
    expect(await history()).to.have.nested.property('messages.length', 1);
    expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 1, active_run_id: null });
  });

  it('ends a queued run at once, which then has no attempt and no message, and leaves the others alone', async () => {
    const active = await server.send({ content: 'First' });
    const call = await gateway.call(1);
    const queued = await server.send({ content: 'Second', on_busy: 'queue' });
    const behind = await server.send({ content: 'Third', on_busy: 'queue' });
    const answer = await cancel(queued);
    expect(answer.status).to.equal(202);
    expect(answer.json).to.include({ status: 'cancelled' });
    await queued.ended();
    expect(queued.frames[0]).to.deep.equal({
      id: `${queued.runId}-1`,
      data: '{"token":"","is_final":true,"type":"assistant_message","finish_reason":"cancelled"}',
    });
    expect(await runOf(queued)).to.include({ status: 'cancelled', attempts: 0 });
    call.say('One').end();
    const third = await gateway.call(2);
    expect(third.prompt.slice(1)).to.deep.equal([
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'One' },
      { role: 'user', content: 'Second\n\nThird' },
    ]);
    third.say('Three').end();
    await Promise.all([active.ended(), behind.ended()]);
    expect([active.finishReason, behind.finishReason]).to.deep.equal(['stop', 'stop']);
    expect(await history()).to.have.nested.property('messages.length', 5);
  });

  it('is harmless twice, and after the end changes nothing', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    const answers = await Promise.all([cancel(stream), cancel(stream)]);
    for (const { status } of answers) expect(status).to.be.oneOf([200, 202]);
    await stream.ended();
    await call.released;
    const late = await cancel(stream);
    expect(late.status).to.equal(200);
    expect(late.json).to.include({ status: 'cancelled' });
    expect(stream.payloads.filter(({ is_final }) => is_final)).to.have.length(1);
  });

  it('answers 200 with the final status after a normal end', async () => {
    const stream = await server.send();
    (await gateway.call()).say('Hi').end();
    await stream.ended();
    const before = await runOf(stream);
    const answer = await cancel(stream);
    expect(answer.status).to.equal(200);
    expect(answer.json).to.deep.equal(before).and.to.include({ status: 'completed', finish_reason: 'stop' });
    expect(await runOf(stream)).to.deep.equal(before);
  });

  it('answers 404 to an unknown run', async () => {
    expectProblem(await server.post('/agent/runs/unknown/cancel'), 404, 'run_not_found');
  });

  it('races the natural end to one ending, on which all agree', async () => {
    for (let round = 0; round < 50; round += 1) {
      const session_id = `s${round}`;
      const stream = await server.send({ session_id });
      const call = await gateway.call(round + 1);
      call.say('Hi');
      await stream.received(1);
      const cancelled = cancel(stream);
      if (round % 2 === 0) await new Promise(setImmediate);
      call.end();
      await Promise.all([cancelled, stream.ended()]);
      const ends = stream.payloads.filter(({ is_final }) => is_final === true);
      expect(ends).to.have.length(1);
      expect((await runOf(stream)).finish_reason).to.equal(stream.finishReason);
      const { json } = await server.get(`/agent/sessions/${session_id}/messages`);
      const status = stream.finishReason === 'stop' ? 'complete' : 'cancelled';
      expect(json).to.have.nested.property('messages[1].status', status);
    }
  });

  it('takes a body that some clients always send', async () => {
    const stream = await server.send();
    await gateway.call();
    expect((await server.post(cancelPath(stream), {})).status).to.equal(202);
    await stream.ended();
  });
});

describe('cancelling closes the connection to the upstream within a second', () => {
  const { role, text } = completionStream;
  const EVENTS = { 'Content-Type': 'text/event-stream' };
  const PHASES: Readonly<Record<string, UpstreamAnswer>> = {
    'while it waits for the head of the answer': { before: [{ type: 'hang' }] },
    'before the first token': { headers: EVENTS, steps: [{ type: 'hang' }] },
    'before the first token with text': { headers: EVENTS, steps: [{ type: 'write', bytes: role }, { type: 'hang' }] },
    'in the middle of the answer': {
      headers: EVENTS,
      steps: [{ type: 'write', bytes: role + text('Half') }, { type: 'hang' }],
    },
    'while it reads the body of an error': {
      status: 500,
      steps: [{ type: 'write', bytes: 'Inter' }, { type: 'hang' }],
    },
  };

  for (const [phase, answer] of Object.entries(PHASES)) {
    it(phase, async () => {
      const upstream = new ScriptedUpstream();
      await upstream.start();
      const settings = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      const server = await RuntimeServer.start({ settings });
      try {
        upstream.answer = () => answer;
        const asked = upstream.nextRequest();
        const stream = await server.send();
        const { socketClosed } = await asked;
        if (phase === 'in the middle of the answer') await stream.received(1);
        expect((await server.post(cancelPath(stream))).status).to.equal(202);
        await within(1000, Promise.all([socketClosed, stream.ended()]));
        expect(stream.finishReason).to.equal('cancelled');
        expect(upstream.requests).to.have.length(1);
        expect(server.activeRuns).to.equal(0);
      } finally {
        await server.close();
        await upstream.close();
      }
    });
  }

  it('while the connection is being made', async () => {
    // It accepts, and never answers the greeting of TLS: for the service the connection is not there yet.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const settings = { LLM_MODE: 'vllm', VLLM_BASE_URL: `https://127.0.0.1:${port}/v1` };
    const server = await RuntimeServer.start({ settings });
    try {
      const connected = once(silent, 'connection');
      const stream = await server.send();
      const [socket] = await connected;
      socket.on('error', () => {}).resume();
      const closed = once(socket, 'close');
      expect((await server.post(cancelPath(stream))).status).to.equal(202);
      await within(1000, Promise.all([closed, stream.ended()]));
      expect(stream.finishReason).to.equal('cancelled');
    } finally {
      await server.close();
      silent.close();
    }
  });
});
