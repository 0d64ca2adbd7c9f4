import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

describe('npm start', () => {
  it('serves, hands SIGTERM on to the service, and exits 0', async function () {
    this.timeout(60_000);
    const env = { ...process.env, AGENT_RUNTIME__PORT: '0', AGENT_RUNTIME__HOST: '127.0.0.1' };
    const npm = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(npm, 'exit');
    let printed = '';
    for await (const piece of npm.stdout) {
      printed += piece;
      const [, url] = /listening url=(\S+)/.exec(printed) ?? [];
      if (url === undefined) continue;
      expect((await fetch(`${url}/health`)).status).to.equal(200);
      break;
    }
    npm.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });
});
