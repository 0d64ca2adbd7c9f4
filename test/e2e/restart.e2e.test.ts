import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { callHttp, type HttpCall } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SseClient } from '../support/sse-client.js';

const WORDS = 200;

describe('a process that is killed and started again, on a SQLite store', function () {
  this.timeout(30_000);
  let folder: string;
  let service: ServiceProcess;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    service = await start();
  });
  afterEach(async () => {
    await service.kill();
    await rm(folder, { recursive: true });
  });

  function start(settings: Record<string, string> = {}): Promise<ServiceProcess> {
    return ServiceProcess.start(folder, { STORE_URL: 'sqlite:runtime.db', MOCK_DELAY_MS: '20', ...settings });
  }

  async function restart(): Promise<void> {
    await service.kill('SIGKILL');
    service = await start();
  }

  function send(fields: Parameters<typeof aMessage>[0], headers: Record<string, string> = {}): Promise<SseClient> {
    return SseClient.open(service.origin, {
      method: 'POST',
      path: '/agent/message/stream',
      headers: { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(aMessage(fields)),
    });
  }

  const withKey = (call: HttpCall): HttpCall => ({
    ...call,
    headers: { 'X-Internal-Auth': INTERNAL_KEY, ...call.headers },
  });
  const get = (path: string) => callHttp(service.origin, withKey({ path }));

  it('ends what was open as interrupted; its reader goes on where it was, and loses and doubles nothing', async () => {
    const first = await send({ content: 'word '.repeat(WORDS) });
    await first.received(5);
    await restart();
    await first.ended();
    const lastSeen = { 'Last-Event-ID': String(first.lastId) };
    const path = `/agent/runs/${first.runId}/stream`;
    const rest = await SseClient.open(service.origin, withKey({ path, headers: lastSeen }));
    await rest.ended();
    expect(rest.isWhole).to.equal(true);
    expect(rest.finishReason).to.equal('interrupted');
    const { json } = await get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].content', first.text + rest.text);
    expect(json).to.have.nested.property('messages[1].status', 'interrupted');
  });

  it('answers what was waiting, and keeps what was answered', async () => {
    const done = await send({ content: 'first' });
    await done.ended();
    const open = await send({ content: 'word '.repeat(WORDS) });
    await open.received(2);
    const queued = await send({ content: 'second', on_busy: 'queue' });
    await restart();
    const path = `/agent/runs/${queued.runId}/stream`;
    const answer = await SseClient.open(service.origin, withKey({ path }));
    await answer.ended();
    expect(answer.finishReason).to.equal('stop');
    expect(answer.text.trim()).to.equal('second');
    const again = await SseClient.open(service.origin, withKey({ path: `/agent/runs/${done.runId}/stream` }));
    await again.ended();
    expect(again.body).to.equal(done.body);
  });

  it('knows its idempotency keys', async () => {
    const sent = await send({ content: 'once' }, { 'Idempotency-Key': 'key' });
    await sent.ended();
    await restart();
    const again = await send({ content: 'once' }, { 'Idempotency-Key': 'key' });
    await again.ended();
    expect(again.runId).to.equal(sent.runId);
    expect(again.text).to.equal(sent.text);
  });

  it('lets no second process at its file, and says so in one line', async () => {
    const error = await errorOf(start());
    expect(String(error)).to.match(/runtime\.db/);
    expect(String(error).trim().split('\n')).to.have.length(1);
    expect((await get('/health/ready')).status).to.equal(200);
  });

  it('leaves what it cannot end on SIGTERM interrupted, and the queue to its successor', async () => {
    await service.kill();
    service = await start({ SHUTDOWN_GRACE_S: '0' });
    const open = await send({ content: 'word '.repeat(WORDS) });
    await open.received(2);
    const queued = await send({ content: 'second', on_busy: 'queue' });
    expect(await service.kill('SIGTERM')).to.equal(0);
    await open.ended();
    expect(open.finishReason).to.equal('interrupted');
    service = await start();
    const answer = await SseClient.open(service.origin, withKey({ path: `/agent/runs/${queued.runId}/stream` }));
    await answer.ended();
    expect(answer.text.trim()).to.equal('second');
  });
});
