import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { openHttp } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { within } from '../support/within.js';

const PATH = '/agent/message';

describe('POST /agent/message', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
  });
  afterEach(() => server.close());

  it('answers whole', async () => {
    const asked = server.post(PATH, aMessage());
    const call = await gateway.call();
    call.say('Good ', 'day 🙂').end('stop', { inputTokens: 3, outputTokens: 4, totalTokens: 7 });
    const { status, headers, json } = await asked;
    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^application\/json/);
    expect(headers['content-location']).to.equal(`/agent/runs/${headers['x-run-id']}`);
    expect(json).to.deep.equal({
      session_id: 'demo',
      run_id: headers['x-run-id'],
      message: { role: 'assistant', content: 'Good day 🙂' },
      finish_reason: 'stop',
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      model: 'mock:fake-llm',
    });
  });

  it('says null where the upstream counted no tokens', async () => {
    const asked = server.post(PATH, aMessage());
    (await gateway.call()).say('Hi').end('length');
    expect((await asked).json).to.include({ usage: null, finish_reason: 'length' });
  });

  for (const [code, status] of [
    ['upstream_unavailable', 502],
    ['upstream_rate_limited', 502],
    ['upstream_unauthorized', 502],
    ['upstream_unknown_model', 502],
    ['upstream_quota_exceeded', 502],
    ['upstream_too_long', 502],
    ['upstream_content_refused', 502],
    ['upstream_rejected', 502],
    ['upstream_truncated', 502],
    ['upstream_timeout', 504],
  ] as const) {
    it(`answers ${status} when the upstream fails with ${code}, and keeps the partial in the history`, async () => {
      const asked = server.post(PATH, aMessage());
      (await gateway.call()).say('Half').fail(new LlmError(code, { detail: 'canary' }));
      const answer = await asked;
      expectProblem(answer, status, code);
      expect(answer.json.run_id).to.equal(answer.headers['x-run-id']);
      expect(answer.text).not.to.contain('canary');
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].content', 'Half');
      expect(json).to.have.nested.property('messages[1].status', 'failed');
    });
  }

  it('answers 500 when the service itself fails', async () => {
    const asked = server.post(PATH, aMessage());
    (await gateway.call()).fail(new Error('canary'));
    const answer = await asked;
    expectProblem(answer, 500, 'run_failed');
    expect(answer.json.run_id).to.equal(answer.headers['x-run-id']);
  });

  it('answers 200 with the partial when the run is cancelled', async () => {
    const asked = server.post(PATH, aMessage());
    const call = await gateway.call();
    call.say('Half');
    const { json } = await server.get('/agent/sessions/demo');
    await server.post(`/agent/runs/${json.active_run_id}/cancel`);
    const answer = await asked;
    expect(answer.status).to.equal(200);
    expect(answer.json).to.deep.include({
      finish_reason: 'cancelled',
      message: { role: 'assistant', content: 'Half' },
    });
  });

  it('answers 200 with what there is when another message interrupts', async () => {
    const asked = server.post(PATH, aMessage());
    await gateway.call();
    await server.send({ on_busy: 'interrupt' });
    const answer = await asked;
    expect(answer.status).to.equal(200);
    expect(answer.json).to.deep.include({ finish_reason: 'interrupted', message: { role: 'assistant', content: '' } });
  });

  it('waits its turn with on_busy queue', async () => {
    await server.send();
    const first = await gateway.call(1);
    const asked = server.post(PATH, aMessage({ content: 'Second', on_busy: 'queue' }));
    first.say('One').end();
    (await gateway.call(2)).say('Two').end();
    expect((await asked).json).to.deep.include({ message: { role: 'assistant', content: 'Two' } });
  });

  it('refuses as the stream does', async () => {
    await server.send();
    expectProblem(await server.post(PATH, aMessage()), 409, 'session_busy');
    expectProblem(await server.post(PATH, aMessage({ content: '' })), 422, 'invalid_request');
  });

  it('goes on when its client leaves', async () => {
    const headers = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };
    const leaving = new AbortController();
    const body = JSON.stringify(aMessage());
    const asked = fetch(`${server.origin}${PATH}`, { method: 'POST', headers, body, signal: leaving.signal });
    const call = await gateway.call();
    leaving.abort();
    await asked.catch(() => {});
    call.say('Still here').end();
    await call.released;
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].content', 'Still here');
  });

  it('gives the whole answer again to a client that repeats it with the last event it saw', async () => {
    const stream = await server.send();
    (await gateway.call()).say('Good ', 'day').end();
    await stream.ended();
    for (const number of [0, 1, 2, 3]) {
      const headers = { 'Last-Event-ID': `${stream.runId}-${number}` };
      const { status, json } = await within(1000, server.post(PATH, aMessage(), headers));
      expect(status).to.equal(200);
      expect(json).to.deep.include({ run_id: stream.runId, message: { role: 'assistant', content: 'Good day' } });
    }
    expect(gateway.calls).to.have.length(1);
  });

  it('sends nothing before the answer is whole', async () => {
    let answered = false;
    const headers = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };
    const call = { method: 'POST', path: PATH, headers, body: JSON.stringify(aMessage()) };
    const opened = openHttp(server.origin, call).finally(() => {
      answered = true;
    });
    const upstream = await gateway.call();
    upstream.say('Half');
    await server.get('/health');
    expect(answered).to.equal(false);
    upstream.end();
    (await opened).resume();
  });
});
