import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/openai/openai.mjs', import.meta.url));

describe('the example of the OpenAI client', () => {
  it('chats, keeps a session, leaves a response and comes back to it', async () => {
    const server = await RuntimeServer.start();
    try {
      const env = { ...process.env, AGENT_RUNTIME_URL: server.origin, AGENT_RUNTIME_KEY: INTERNAL_KEY };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [EXAMPLE], { env });
      expect(stderr).to.equal('');
      expect(stdout.split('\n').map((line) => line.trim())).to.deep.equal([
        'chat: Hello brave new world',
        'session: Only what is new',
        'response: This goes on without me',
        'next: And more',
        '',
      ]);
    } finally {
      await server.close();
    }
  });
});
