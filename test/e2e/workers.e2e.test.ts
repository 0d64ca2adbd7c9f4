import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { samplesOf } from '../support/metric-samples.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';

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
      const streams = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          service.send({ session_id: `k${index}`, content: 'one two three four five six' }),
        ),
      );
      await Promise.all(streams.map((stream) => stream.received(1)));
      process.kill(before[0] ?? 0, 'SIGKILL');
      const runs = streams.map(({ runId }) => runId);
      const statusOf = async (id: string) => {
        for (; ; await pause(50)) {
          // One that reaches the killed worker is cut, and its client asks again.
          const answer = await service.get(`/agent/runs/${id}`, { Connection: 'close' }).catch(() => undefined);
          if (answer !== undefined && answer.json.status !== 'running') return answer.json.status;
        }
      };
      const statuses = await Promise.all(runs.map(statusOf));
      expect(statuses.every((status) => status === 'completed' || status === 'interrupted')).to.equal(true);
      expect(statuses).to.include('completed').and.to.include('interrupted');
      while (workersOf(service).length < 2) await pause(50);
      expect(workersOf(service)).not.to.include(before[0]);
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
      expect(String(await errorOf(ServiceProcess.start(tmpdir(), settings)))).to.contain(words);
    }).timeout(60_000);
});

function start(store: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>>) {
  return ServiceProcess.start(tmpdir(), { ...store, WORKERS: '2', LEASE_TTL_S: '2', ...settings });
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
