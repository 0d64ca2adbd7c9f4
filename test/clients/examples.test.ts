import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

const example = (path: string) => fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));

describe('the example of', () => {
  let server: RuntimeServer;
  const environment = () => ({ ...process.env, AGENT_RUNTIME_URL: server.origin, AGENT_RUNTIME_KEY: INTERNAL_KEY });
  before(async () => {
    server = await RuntimeServer.start();
  });
  after(() => server.close());

  async function printed(path: string): Promise<string[]> {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [example(path)], { env: environment() });
    expect(stderr).to.equal('');
    return stdout.split('\n').map((line) => line.trim());
  }

  it('AG-UI chats, and runs a tool', async () => {
    expect(await printed('ag-ui/ag-ui.mjs')).to.deep.equal([
      'Hello brave new world',
      'weather {"city":"Paris"}',
      'Sunny',
      '',
    ]);
  });

  it('an EventSource reads a run to its end', async () => {
    expect(await printed('eventsource/eventsource.mjs')).to.deep.equal(['Hello brave new world', '']);
  });

  it('the AI SDK with React serves its page, and hands on what that asks for', async () => {
    const env = { ...environment(), PORT: '0' };
    const child = spawn(process.execPath, [example('ai-sdk-react/serve.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(child.stdout, 'data');
      const origin = String(line).trim();
      expect(await (await fetch(origin)).text()).to.contain('id="root"');
      expect(await (await fetch(`${origin}/chat.js`)).text()).to.contain('/ai/chat');
      const body = JSON.stringify({
        id: 'example',
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
      });
      const headers = { 'Content-Type': 'application/json' };
      const told = await (await fetch(`${origin}/ai/chat`, { method: 'POST', headers, body })).text();
      expect(told).to.contain('"delta":"Hello "').and.to.contain('[DONE]');
    } finally {
      child.kill();
    }
  });
});
