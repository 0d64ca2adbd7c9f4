import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { samplesOf } from '../support/metric-samples.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import type { SseClient } from '../support/sse-client.js';

const SERVED_BY = 'x-served-by';
/** Whom a connection reaches is the system's choice, and no promise: each worker says that it was the one. */
const TELLS = `import { subscribe } from 'node:diagnostics_channel';
subscribe('http.server.request.start', ({ response }) => response.setHeader('${SERVED_BY}', process.pid));`;

for (const [store, newStore] of Object.entries(SHARED_STORES))
  describe(`a service of several workers (${store})`, function () {
    this.timeout(60_000);
    let service: ServiceProcess;

    before(async () => {
      service = await start(await newStore(), { MOCK_DELAY_MS: '200' });
    });
    after(() => service.kill('SIGTERM'));

    it('answers on one port, each worker the runs of all, and is counted as one', async () => {
      const streams = await Promise.all(
        Array.from({ length: 10 }, (_, index) => service.converse('Hello there', `s${index}`)),
      );
      expect(streams.map(({ text }) => text.trim())).to.deep.equal(Array.from({ length: 10 }, () => 'Hello there'));
      for (const { runId } of streams)
        expect((await service.get(`/agent/runs/${runId}`, { Connection: 'close' })).json).to.include({
          status: 'completed',
        });
      while ((await metric(service, 'agent_runtime_messages_total{outcome="running"}')) < 10);
      expect(await metric(service, 'agent_runtime_runs_ended_total{finish_reason="stop"}')).to.equal(10);
    });

    it('starts another worker for one that is killed, whose runs another one takes over', async () => {
      const before = workersOf(service);
      expect(before).to.have.length(2);
      const streams = await untilBothServe(service);
      const killed = streams.at(-1)?.headers[SERVED_BY];
      process.kill(Number(killed), 'SIGKILL');
      const statuses = await Promise.all(streams.map(({ runId }) => statusAfter(service, runId)));
      expect(statuses.at(-1)).to.equal('interrupted');
      const survived = statuses.filter((_, index) => streams[index]?.headers[SERVED_BY] !== killed);
      expect(new Set(survived)).to.deep.equal(new Set(['completed']));
      while (workersOf(service).length < 2) await pause(50);
      expect(workersOf(service)).not.to.include(Number(killed));
      expect((await service.converse('Hello')).text.trim()).to.equal('Hello');
    });
  });

describe('a service of several workers, whatever its store', function () {
  this.timeout(60_000);
  let service: ServiceProcess;

  before(async () => {
    service = await start(await SHARED_STORES.Redis(), { MOCK_DELAY_MS: '100', RATE_LIMIT_PER_MINUTE: '5' });
  });
  after(() => service.kill('SIGKILL'));

  it('does not start where a worker cannot: it says why once, and ends', async () => {
    const error = await errorOf(start(await SHARED_STORES.Redis(), { PORT: new URL(service.origin).port }));
    expect(String(error)).to.contain('cannot listen');
  });

  it('counts the messages of a key over all workers, and ends with a signal as one process does', async () => {
    const workers = workersOf(service);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        service.send({ session_id: `s${index}`, content: 'one two three four five' }, { Connection: 'close' }),
      ),
    );
    const streams = answers.filter(({ status }) => status === 200);
    expect(streams).to.have.length(5);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(7);
    await Promise.all(streams.map((stream) => stream.received(1)));
    const gone = service.kill('SIGTERM');
    const ended = await Promise.all(streams.map((stream) => stream.ended()));
    expect(ended.map(({ text }) => text.trim())).to.deep.equal(ended.map(() => 'one two three four five'));
    expect(await gone).to.equal(0);
    for (const pid of workers) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
  });
});

describe('the number of workers', () => {
  const refused: readonly (readonly [settings: Readonly<Record<string, string>>, words: string])[] = [
    [{ WORKERS: 'many' }, 'AGENT_RUNTIME__WORKERS: must be a whole number from 1 to 1024, or auto, got "many"'],
    [{ WORKERS: '2' }, 'AGENT_RUNTIME__WORKERS: must be 1, since the store memory: is one process'],
    [
      { WORKERS: '2', STORE_URL: 'sqlite:x.db' },
      'AGENT_RUNTIME__WORKERS: must be 1, since the store sqlite: is one process',
    ],
  ];
  for (const [settings, words] of refused)
    it(`is refused with words: ${words}`, async () => {
      expect(String(await errorOf(RuntimeServer.start({ settings })))).to.contain(words);
    });
});

function start(store: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>>) {
  const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELLS)}` };
  const own = { ...store, WORKERS: '2', LEASE_TTL_S: '2', ...settings };
  return ServiceProcess.start(tmpdir(), own, { environment });
}

/** Sends message after message until both workers have had one. The last one is being answered. */
async function untilBothServe(service: ServiceProcess): Promise<readonly SseClient[]> {
  const content = Array.from({ length: 12 }, (_, place) => `word${place}`).join(' ');
  const streams: SseClient[] = [];
  while (new Set(streams.map(({ headers }) => headers[SERVED_BY])).size < 2) {
    const stream = await service.send({ session_id: `k${streams.length}`, content });
    streams.push(await stream.received(1));
  }
  return streams;
}

/** How the run ended. One question that reaches the killed worker is cut, and its client asks again. */
async function statusAfter(service: ServiceProcess, runId: string): Promise<unknown> {
  for (; ; await pause(50)) {
    const answer = await service.get(`/agent/runs/${runId}`, { Connection: 'close' }).catch(() => undefined);
    if (answer !== undefined && answer.json.status !== 'running') return answer.json.status;
  }
}

async function metric(of: ServiceProcess, name: string): Promise<number> {
  return samplesOf((await of.get('/metrics', { Connection: 'close' })).text).get(name) ?? 0;
}

function workersOf({ pid }: ServiceProcess): readonly number[] {
  try {
    return execFileSync('pgrep', ['-P', `${pid}`])
      .toString()
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}
