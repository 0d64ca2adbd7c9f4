import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { aMessage } from '../support/runtime-server.js';
import { SseClient } from '../support/sse-client.js';

const KEY = 'key-of-the-tests';
const COMPILED = 'dist/.compile-cache';

describe('npm start', function () {
  this.timeout(120_000);
  let npm: ChildProcess;
  let url: string;
  let printed: string;

  before(() => promisify(execFile)('npm', ['run', 'prestart']));
  afterEach(() => {
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-groupOf(npm), 'SIGKILL');
  });

  /** What comes before it is done: once is enough, where it makes no difference to what is tested. */
  const ONLY_ITSELF = ['--ignore-scripts'];

  async function start(options: readonly string[] = []): Promise<void> {
    const env = {
      ...process.env,
      AGENT_RUNTIME__PORT: '0',
      AGENT_RUNTIME__HOST: '127.0.0.1',
      AGENT_RUNTIME__INTERNAL_API_KEY: KEY,
      AGENT_RUNTIME__MOCK_DELAY_MS: '50',
      AGENT_RUNTIME__SHUTDOWN_GRACE_S: '60',
    };
    // A process group of its own, as a terminal gives one to each command.
    npm = spawn('npm', ['start', ...options], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    printed = '';
    url = await new Promise((resolve, reject) => {
      for (const output of [npm.stdout, npm.stderr]) {
        output?.on('data', (piece) => {
          printed += piece;
          const [, listening] = /listening url=(\S+)/.exec(printed) ?? [];
          if (listening !== undefined) resolve(listening);
        });
      }
      npm.once('exit', () => reject(new Error(printed)));
    });
  }

  it('serves, hands SIGTERM on to the service, and exits 0', async () => {
    await start();
    const ended = once(npm, 'exit');
    expect((await fetch(`${url}/health`)).status).to.equal(200);
    npm.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });

  it('has kept what it compiled when it listens, so that no stop waits for that on a busy machine', async () => {
    rmSync(COMPILED, { recursive: true, force: true });
    await start(ONLY_ITSELF);
    expect(readdirSync(COMPILED, { recursive: true })).to.have.length.greaterThan(500);
    const ended = once(npm, 'exit');
    npm.kill('SIGTERM');
    await ended;
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`lets an open answer come to its end and exits 0 when every process of it gets ${signal}`, async () => {
      const stream = await anAnswer();
      const ended = once(npm, 'exit');
      process.kill(-groupOf(npm), signal);
      await stream.ended();
      expect([stream.isWhole, stream.finishReason]).to.deep.equal([true, 'stop']);
      expect(await ended).to.deep.equal([0, null]);
      expect(printed).to.contain('shut down');
    });
  }

  it('lets an open answer come to its end when its terminal is closed, though npm is gone by then', async () => {
    const stream = await anAnswer();
    const closed = once(npm, 'close');
    process.kill(-groupOf(npm), 'SIGHUP');
    await stream.ended();
    expect([stream.isWhole, stream.finishReason]).to.deep.equal([true, 'stop']);
    await closed;
    expect(printed).to.contain('shut down');
  });

  async function anAnswer(): Promise<SseClient> {
    await start(ONLY_ITSELF);
    const stream = await SseClient.open(url, {
      method: 'POST',
      path: '/agent/message/stream',
      headers: { 'X-Internal-Auth': KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify(aMessage({ content: 'word '.repeat(10) })),
    });
    await stream.received(1);
    return stream;
  }
});

/** Its id is that of the process that was made its first. */
function groupOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('npm did not start.');
  return pid;
}
