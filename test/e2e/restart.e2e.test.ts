import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { ServiceProcess } from '../support/service-process.js';
import type { SseClient } from '../support/sse-client.js';

const WORDS = 200;
const LONG = 'word '.repeat(WORDS);

describe('a process that is killed and started again, on a SQLite store', function () {
  this.timeout(60_000);
  let folder: string;
  let service: ServiceProcess;
  /** Of sessions of their own, before the process was killed: one for each test. */
  let cut: SseClient;
  let done: SseClient;
  let queued: SseClient;
  let once: SseClient;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    service = await start();
    done = await service.converse('first', 'busy');
    once = await service.send({ session_id: 'once', content: 'once' }, { 'Idempotency-Key': 'key' });
    await once.ended();
    cut = await service.send({ session_id: 'cut', content: LONG });
    const open = await service.send({ session_id: 'busy', content: LONG });
    await Promise.all([cut.received(5), open.received(2)]);
    queued = await service.send({ session_id: 'busy', content: 'second', on_busy: 'queue' });
    await service.kill('SIGKILL');
    service = await start();
    await cut.ended();
  });
  after(async () => {
    await service.kill();
    await rm(folder, { recursive: true });
  });

  function start(settings: Record<string, string> = {}): Promise<ServiceProcess> {
    return ServiceProcess.start(folder, { STORE_URL: 'sqlite:runtime.db', MOCK_DELAY_MS: '20', ...settings });
  }

  /** The rest of an answer, to its end. */
  async function rest(runId: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const stream = await service.follow(`/agent/runs/${runId}/stream`, headers);
    return stream.ended();
  }

  it('ends what was open as interrupted; its reader goes on where it was, and loses and doubles nothing', async () => {
    const resumed = await rest(cut.runId, { 'Last-Event-ID': String(cut.lastId) });
    expect(resumed.isWhole).to.equal(true);
    expect(resumed.finishReason).to.equal('interrupted');
    const { json } = await service.get('/agent/sessions/cut/messages');
    expect(json).to.have.nested.property('messages[1].content', cut.text + resumed.text);
    expect(json).to.have.nested.property('messages[1].status', 'interrupted');
  });

  it('answers what was waiting, and keeps what was answered', async () => {
    const answer = await rest(queued.runId);
    expect(answer.finishReason).to.equal('stop');
    expect(answer.text.trim()).to.equal('second');
    expect((await rest(done.runId)).body).to.equal(done.body);
  });

  it('knows its idempotency keys', async () => {
    const again = await service.send({ session_id: 'once', content: 'once' }, { 'Idempotency-Key': 'key' });
    await again.ended();
    expect(again.runId).to.equal(once.runId);
    expect(again.text).to.equal(once.text);
  });

  it('lets no second process at its file, and says so in one line', async () => {
    const error = await errorOf(start());
    expect(String(error)).to.match(/runtime\.db/);
    expect(String(error).trim().split('\n')).to.have.length(1);
    expect((await service.get('/health/ready')).status).to.equal(200);
  });

  it('leaves what it cannot end on SIGTERM interrupted, and the queue to its successor', async () => {
    await service.kill();
    service = await start({ SHUTDOWN_GRACE_S: '0' });
    const open = await service.send({ session_id: 'stopped', content: LONG });
    await open.received(2);
    const waiting = await service.send({ session_id: 'stopped', content: 'second', on_busy: 'queue' });
    expect(await service.kill('SIGTERM')).to.equal(0);
    await open.ended();
    expect(open.finishReason).to.equal('interrupted');
    service = await start();
    expect((await rest(waiting.runId)).text.trim()).to.equal('second');
  });
});
