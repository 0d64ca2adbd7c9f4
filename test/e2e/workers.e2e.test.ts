import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { samplesOf } from '../support/metric-samples.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';

for (const [store, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a service of several workers (${store})`, function () {
    this.timeout(60_000);
    let folder: string;
    let service: ServiceProcess | undefined;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'workers-'));
    });
    afterEach(async () => {
      await service?.kill('SIGTERM');
      await rm(folder, { recursive: true });
    });

    async function start(settings: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
      const all = { ...(await newStore()), WORKERS: '2', MOCK_DELAY_MS: '1', LEASE_TTL_S: '1', ...settings };
      service = await ServiceProcess.start(folder, all);
      return service;
    }

    const metric = async (of: ServiceProcess, name: string) =>
      samplesOf((await of.get('/metrics', { Connection: 'close' })).text).get(name) ?? 0;

    it('answers on one port, each worker the runs of all, and is counted as one', async () => {
      const running = await start();
      const streams = await Promise.all(
        Array.from({ length: 10 }, (_, index) => running.converse('Hello there', `s${index}`)),
      );
      expect(streams.map(({ text }) => text.trim())).to.deep.equal(Array.from({ length: 10 }, () => 'Hello there'));
      for (const { runId } of streams)
        expect((await running.get(`/agent/runs/${runId}`, { Connection: 'close' })).json).to.include({
          status: 'completed',
        });
      while ((await metric(running, 'agent_runtime_messages_total{outcome="running"}')) < 10);
      expect(await metric(running, 'agent_runtime_runs_ended_total{finish_reason="stop"}')).to.equal(10);
    });

    it('starts another worker for one that is killed, whose runs another one takes over', async () => {
      const running = await start({ MOCK_DELAY_MS: '300' });
      const before = workersOf(running);
      expect(before).to.have.length(2);
      const streams = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          running.send({ session_id: `s${index}`, content: 'one two three four five six' }),
        ),
      );
      await Promise.all(streams.map((stream) => stream.received(1)));
      process.kill(before[0] ?? 0, 'SIGKILL');
      const runs = streams.map(({ runId }) => runId);
      const statusOf = async (id: string) => {
        for (; ; await pause(50)) {
          // One that reaches the killed worker is cut, and its client asks again.
          const answer = await running.get(`/agent/runs/${id}`, { Connection: 'close' }).catch(() => undefined);
          if (answer !== undefined && answer.json.status !== 'running') return answer.json.status;
        }
      };
      const statuses = await Promise.all(runs.map(statusOf));
      expect(statuses.every((status) => status === 'completed' || status === 'interrupted')).to.equal(true);
      expect(statuses).to.include('completed').and.to.include('interrupted');
      while (workersOf(running).length < 2) await pause(50);
      expect(workersOf(running)).not.to.include(before[0]);
      expect((await running.converse('Hello')).text.trim()).to.equal('Hello');
    });

    it('ends with a signal as one process does: what is being written is written to its end', async () => {
      const running = await start({ MOCK_DELAY_MS: '100' });
      const workers = workersOf(running);
      const streams = await Promise.all(
        ['a', 'b', 'c', 'd'].map((session_id) => running.send({ session_id, content: 'one two three four five' })),
      );
      await Promise.all(streams.map((stream) => stream.received(1)));
      const gone = running.kill('SIGTERM');
      const ended = await Promise.all(streams.map((stream) => stream.ended()));
      expect(ended.map(({ text }) => text.trim())).to.deep.equal(ended.map(() => 'one two three four five'));
      expect(await gone).to.equal(0);
      for (const pid of workers) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
    });

    it('counts the messages of a key over all workers', async () => {
      const running = await start({ RATE_LIMIT_PER_MINUTE: '5' });
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          running.post(
            '/agent/message',
            { session_id: `s${index}`, type: 'user_message', content: 'Hi' },
            { Connection: 'close' },
          ),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).to.have.length(5);
      expect(answers.filter(({ status }) => status === 429)).to.have.length(7);
    });

    it('does not start where a worker cannot: it says why once, and ends', async () => {
      const { origin } = await start();
      const settings = { ...(await newStore()), WORKERS: '2', PORT: new URL(origin).port };
      const error = await errorOf(ServiceProcess.start(folder, settings));
      expect(String(error)).to.contain('cannot listen');
    });
  });
}

describe('the number of workers', () => {
  it('is refused where it is no number, or the store is one process’s own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workers-'));
    for (const [settings, words] of [
      [{ WORKERS: 'many' }, 'AGENT_RUNTIME__WORKERS: must be a whole number from 1 to 1024, or auto, got "many"'],
      [{ WORKERS: '2' }, 'AGENT_RUNTIME__WORKERS: must be 1, since the store memory: is one process'],
      [
        { WORKERS: '2', STORE_URL: 'sqlite:x.db' },
        'AGENT_RUNTIME__WORKERS: must be 1, since the store sqlite: is one process',
      ],
    ] as const)
      expect(String(await errorOf(ServiceProcess.start(folder, settings)))).to.contain(words);
    await rm(folder, { recursive: true });
  }).timeout(20_000);
});

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
