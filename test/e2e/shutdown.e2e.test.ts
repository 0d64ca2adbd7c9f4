import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { callHttp, openHttp } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { end, ScriptedModel, text } from '../support/scripted-model.js';
import { serviceProgram } from '../support/service-bundle.js';
import { SseClient } from '../support/sse-client.js';
import { within } from '../support/within.js';

const STREAM = '/agent/message/stream';
const HEADERS = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };

describe('a replica that drains', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
  });
  afterEach(() => server.close());

  it('takes no new message, and says when to come again', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    const drained = server.drain(60_000);
    for (const path of [STREAM, '/agent/message']) {
      const answer = await server.post(path, aMessage({ session_id: 'other' }));
      expectProblem(answer, 503, 'shutting_down');
      expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
    }
    expectProblem(await server.get('/agent/sessions/other'), 404);
    expectProblem(await server.get('/health/ready'), 503, 'shutting_down');
    expect((await server.get('/health')).status).to.equal(200);
    call.say('Hi').end();
    await stream.ended();
    await drained;
    expect(stream.finishReason).to.equal('stop');
  });

  it('lets readers come back, and repeats what was accepted before', async () => {
    const stream = await server.send({}, { 'Idempotency-Key': 'a' });
    const call = await gateway.call();
    call.say('One ');
    await stream.received(1);
    const drained = server.drain(60_000);
    const resumed = await server.follow(`/agent/runs/${stream.runId}/stream`, { 'Last-Event-ID': `${stream.runId}-1` });
    const replayed = await server.send({}, { 'Idempotency-Key': 'a' });
    call.say('two').end();
    await Promise.all([drained, resumed.ended(), replayed.ended()]);
    expect(resumed.text).to.equal('two');
    expect(replayed.text).to.equal('One two');
  });

  it('interrupts what does not end within the grace, its queue included, and keeps what was written', async () => {
    const stream = await server.send();
    (await gateway.call()).say('Half');
    const queued = await server.send({ on_busy: 'queue' });
    await stream.received(1);
    await server.drain(0);
    await Promise.all([stream.ended(), queued.ended()]);
    expect([stream.finishReason, queued.finishReason]).to.deep.equal(['interrupted', 'interrupted']);
    expect(stream.text).to.equal('Half');
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].status', 'interrupted');
    expect((await server.get(`/agent/runs/${stream.runId}`)).json).to.include({ status: 'interrupted' });
  });
});

describe('a replica that shuts down', () => {
  it('lets its runs and their readers come to the end, and then listens no more', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway });
    const { origin } = server;
    const stream = await server.send();
    const call = await gateway.call();
    const down = server.shutDown(60);
    expect((await callHttp(origin, { path: '/health' })).status).to.equal(200);
    call.say('Hi').end();
    await Promise.all([stream.ended(), down]);
    expect(stream.finishReason).to.equal('stop');
    expect(stream.isWhole).to.equal(true);
    const refused = await callHttp(origin, { path: '/health' }).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'ECONNREFUSED' });
  });

  it('lets a slow client read an answer that was written to its end before', async () => {
    const server = await RuntimeServer.start({ gateway: new ScriptedModel(text('x'.repeat(6 * 1024 * 1024)), end()) });
    await server.converse('Hello');
    const response = await openHttp(server.origin, {
      path: '/agent/sessions/demo/messages',
      headers: { 'X-Internal-Auth': INTERNAL_KEY },
    });
    const down = server.shutDown(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    let received = 0;
    for await (const piece of response) received += piece.length;
    await down;
    expect(received).to.be.greaterThan(6 * 1024 * 1024);
    expect(response.complete).to.equal(true);
  });

  it('does not wait for clients that keep their connection and say nothing', async () => {
    const server = await RuntimeServer.start();
    const agent = new Agent({ keepAlive: true });
    const response = await new Promise<IncomingMessage>((resolve) => {
      get(`${server.origin}/health`, { agent }, resolve);
    });
    response.resume();
    await once(response, 'end');
    await within(1000, server.shutDown(0));
    agent.destroy();
  });
});

describe('the process', function () {
  this.timeout(60_000);
  let folder: string;
  let child: ChildProcess;
  let output: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
  });
  afterEach(() => child.kill('SIGKILL'));
  after(() => rm(folder, { recursive: true }));

  function run(settings: Record<string, string> = {}): void {
    const env = {
      AGENT_RUNTIME__PORT: '0',
      AGENT_RUNTIME__HOST: '127.0.0.1',
      AGENT_RUNTIME__INTERNAL_API_KEY: INTERNAL_KEY,
    };
    child = spawn(process.execPath, [serviceProgram()], {
      cwd: folder,
      env: { ...env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        output += piece;
        child.emit('output');
      });
    }
  }

  /** The address from the line that tells it. */
  async function listening(): Promise<string> {
    while (true) {
      const [, origin] = /listening .*url="?(http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? [];
      if (origin !== undefined) return origin;
      if (child.exitCode !== null) throw new Error(output);
      await Promise.race([once(child, 'output'), once(child, 'exit')]);
    }
  }

  /** The exit code, when all output was read. */
  async function exited(): Promise<unknown> {
    const [code] = await once(child, 'close');
    return code;
  }

  const post = (message: ReturnType<typeof aMessage>) => ({
    method: 'POST',
    path: STREAM,
    headers: HEADERS,
    body: JSON.stringify(message),
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    it(`ends an open stream with its ending on ${signal}, refuses new messages meanwhile, and exits 0`, async () => {
      run({ AGENT_RUNTIME__MOCK_DELAY_MS: '40', AGENT_RUNTIME__SHUTDOWN_GRACE_S: '1' });
      const origin = await listening();
      const stream = await SseClient.open(origin, post(aMessage({ content: 'word '.repeat(1000) })));
      await stream.received(2);
      const exit = exited();
      child.kill(signal);
      while ((await callHttp(origin, { path: '/health/ready' })).status !== 503);
      const refused = await callHttp(origin, post(aMessage({ session_id: 'other' })));
      expectProblem(refused, 503, 'shutting_down');
      expect(Number(refused.headers['retry-after'])).to.be.greaterThan(0);
      await stream.ended();
      expect(stream.isWhole).to.equal(true);
      expect(stream.payloads.at(-1)).to.include({ is_final: true, finish_reason: 'interrupted' });
      expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
      expect(await exit).to.equal(0);
      expect(output).to.contain('shut down');
      expect(output).not.to.contain('word').and.not.to.contain(INTERNAL_KEY);
    });

  it('takes a message that was on its way when it was told to stop', async () => {
    run();
    const origin = await listening();
    const body = JSON.stringify(aMessage({ content: 'Hello' }));
    const sent = request(`${origin}/agent/message`, {
      method: 'POST',
      headers: { ...HEADERS, 'Content-Length': body.length },
    });
    sent.write(body.slice(0, 10));
    // What is answered after it has come after it.
    await callHttp(origin, { path: '/health' });
    child.kill('SIGTERM');
    await once(child, 'output');
    sent.end(body.slice(10));
    const [response] = await once(sent, 'response');
    expect(response.statusCode).to.equal(200);
    expect(await exited()).to.equal(0);
  });

  it('ends at once on a signal that comes a second after the first, whatever is open', async () => {
    run({ AGENT_RUNTIME__MOCK_DELAY_MS: '1000', AGENT_RUNTIME__SHUTDOWN_GRACE_S: '3600' });
    const origin = await listening();
    const stream = await SseClient.open(origin, post(aMessage({ content: 'word '.repeat(100) })));
    await stream.received(1);
    const exit = exited();
    child.kill('SIGTERM');
    while ((await callHttp(origin, { path: '/health/ready' })).status !== 503);
    child.kill('SIGINT');
    expect((await callHttp(origin, { path: '/health' })).status).to.equal(200);
    const again = setInterval(() => child.kill('SIGTERM'), 100);
    const code = await exit;
    clearInterval(again);
    expect(code).to.equal(1);
    expect(output).to.contain('another signal');
  });

  it('ends with a failure, and says why, when a part of it cannot be closed', async () => {
    const breaks = `import { Server } from 'node:http'; Server.prototype.close = () => { throw new Error('stuck'); };`;
    run({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaks)}` });
    await listening();
    const exit = exited();
    child.kill('SIGTERM');
    expect(await exit).to.equal(1);
    expect(output).to.contain('could not shut down').and.to.contain('stuck');
  });

  it('lives on when whoever reads its log is gone', async () => {
    run({ AGENT_RUNTIME__LOG_LEVEL: 'debug' });
    const origin = await listening();
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let number = 0; number < 20; number += 1) {
      const stream = await SseClient.open(origin, post(aMessage({ session_id: `unread${number}` })));
      expect((await stream.ended()).finishReason).to.equal('stop');
    }
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await exit)[0]).to.equal(0);
  });

  it('tells where it listens, what it speaks to and where the docs are; opens no inspector on SIGUSR1, and goes on', async () => {
    run();
    const origin = await listening();
    expect(output).to.match(/mode="?mock.*store="?memory/);
    expect(output).to.contain(`${origin}/docs`);
    expect(output).not.to.contain('ANYONE');
    child.kill('SIGUSR1');
    expect((await callHttp(origin, { path: '/health' })).status).to.equal(200);
    child.kill('SIGINT');
    expect(await exited()).to.equal(0);
    expect(output).not.to.match(/debugger/i);
  });

  it('warns loudly of the default key', async () => {
    run({ AGENT_RUNTIME__INTERNAL_API_KEY: '' });
    const origin = await listening();
    expect(output).to.match(/WARN.*ANYONE CAN USE THIS SERVICE.*AGENT_RUNTIME__INTERNAL_API_KEY/);
    const headers = { 'X-Internal-Auth': 'change-me-internal-key' };
    expect((await callHttp(origin, { path: '/agent/sessions', headers })).status).to.equal(200);
  });

  it('refuses the default key in production, with every other problem in the same message', async () => {
    run({
      NODE_ENV: 'production',
      AGENT_RUNTIME__INTERNAL_API_KEY: '',
      AGENT_RUNTIME__PORT: 'eight',
      AGENT_RUNTIME__LLM_MODE: 'psychic',
    });
    expect(await exited()).to.equal(1);
    expect(output).to.match(/AGENT_RUNTIME__INTERNAL_API_KEY: must be set to a key of your own/);
    expect(output).to.match(/AGENT_RUNTIME__PORT: must be a whole number/);
    expect(output).to.match(/AGENT_RUNTIME__LLM_MODE: must be one of mock, proxy, openai, vllm/);
    expect(output).not.to.match(/\n\s+at /);
  });

  it('says which address it cannot listen on', async () => {
    const taken = await RuntimeServer.start();
    try {
      run({ AGENT_RUNTIME__PORT: new URL(taken.origin).port });
      expect(await exited()).to.equal(1);
      expect(output)
        .to.match(/cannot listen.*AGENT_RUNTIME__PORT/)
        .and.to.contain('EADDRINUSE');
    } finally {
      await taken.close();
    }
  });
});
