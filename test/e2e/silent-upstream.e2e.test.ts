import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { ScriptedUpstream, type UpstreamStep } from '../support/upstream-server.js';

describe('a model that falls silent', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
    const own = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1`, IDLE_TIMEOUT_MS: '300' };
    server = await RuntimeServer.start({ settings: own });
  });
  afterEach(async () => {
    await server.close();
    await upstream.close();
  });

  it('is left, and what it had said is kept as a failed answer, pings or not', async () => {
    const ping: readonly UpstreamStep[] = [
      { type: 'write', bytes: ': ping\n\n' },
      { type: 'delay', milliseconds: 100 },
    ];
    upstream.answer = () => ({
      headers: { 'Content-Type': 'text/event-stream' },
      steps: [
        { type: 'write', bytes: completionStream.text('half') },
        ...Array.from({ length: 100 }, () => ping).flat(),
      ],
    });
    const stream = await (await server.send({ session_id: 'silent' })).ended();
    expect([stream.text, stream.finishReason]).to.deep.equal(['half', 'error']);
    expect(stream.frames.map(({ data }) => data).join()).to.contain('"code":"upstream_timeout"');
    await upstream.requests[0]?.socketClosed;
    const history = await server.get('/agent/sessions/silent/messages');
    expect(history.json).to.have.nested.property('messages[1].status', 'failed');
  });

  it('is waited for as long as it reasons, and nothing of that is its answer', async () => {
    const thought: readonly UpstreamStep[] = [
      { type: 'write', bytes: completionStream.reasoning('Hm. ') },
      { type: 'delay', milliseconds: 50 },
    ];
    upstream.answer = () => ({
      headers: { 'Content-Type': 'text/event-stream' },
      steps: [
        ...Array.from({ length: 8 }, () => thought).flat(),
        {
          type: 'write',
          bytes: completionStream.text('whole') + completionStream.finish('stop') + completionStream.done,
        },
      ],
    });
    const stream = await (await server.send({ session_id: 'reasoning' })).ended();
    expect([stream.text, stream.finishReason]).to.deep.equal(['whole', 'stop']);
    const history = await server.get('/agent/sessions/reasoning/messages');
    expect(history.json).to.have.nested.property('messages[1].content', 'whole');
  });

  it('has answered all the same when it had ended, and only keeps its connection open', async () => {
    upstream.answer = () => ({
      headers: { 'Content-Type': 'text/event-stream' },
      steps: [
        { type: 'write', bytes: completionStream.text('whole') + completionStream.finish('stop') },
        { type: 'hang' },
      ],
    });
    const stream = await (await server.send({ session_id: 'open' })).ended();
    expect([stream.text, stream.finishReason]).to.deep.equal(['whole', 'stop']);
    await upstream.requests[0]?.socketClosed;
  });
});
