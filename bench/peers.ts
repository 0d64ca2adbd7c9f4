import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.js';
import { askAsOpenAi } from './ask.js';
import { ended, forked } from './forked.js';
import type { NewSubject, Subject } from './subject.js';

/** Only what --peers installs, in a folder that is thrown away. */
const PACKAGES = {
  type: 'module',
  dependencies: {
    ai: '7.0.173',
    '@ai-sdk/openai-compatible': '3.0.92',
    '@portkey-ai/gateway': '1.15.2',
    express: '5.3.0',
  },
  // With a newer one, which its own range allows, Portkey's gateway answers every stream with a failure of its own.
  overrides: { '@hono/node-server': '1.13.8' },
};

/** What the AI SDK's documentation shows for Express. Plain JavaScript: its packages are not among ours. */
const AI_SDK_RELAY = `
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import express from 'express';

const provider = createOpenAICompatible({ name: 'bench', baseURL: process.argv[2] + '/v1', apiKey: 'none' });
const app = express();
app.post('/chat', express.json({ limit: '100mb' }), (request, response) => {
  streamText({ model: provider('m'), messages: request.body.messages }).pipeUIMessageStreamToResponse(response);
});
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.once('disconnect', () => process.exit(0));
`;

/** What others have made for a part of the same job, by their names; none of them keeps a session or a journal. */
export async function installPeers(folder: string): Promise<Readonly<Record<string, NewSubject>>> {
  await writeFile(join(folder, 'package.json'), JSON.stringify(PACKAGES));
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  await writeFile(join(folder, 'ai-sdk-relay.js'), AI_SDK_RELAY);
  return { 'ai-sdk': (url) => aiSdk(url, folder), portkey: (url) => portkey(url, folder) };
}

async function aiSdk(url: string, folder: string): Promise<Subject> {
  const { child, origin } = await forked(join(folder, 'ai-sdk-relay.js'), [url]);
  return peer(child, { origin, ask: askAsOpenAi('/chat') });
}

async function portkey(url: string, folder: string): Promise<Subject> {
  const port = await freePort();
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const child = fork(script, ['--headless', `--port=${port}`], {
    execArgv: [],
    stdio: 'ignore',
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
  });
  const origin = `http://127.0.0.1:${port}`;
  await answering(origin);
  const headers = {
    Authorization: 'Bearer none',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${url}/v1`,
  };
  return peer(child, { origin, ask: askAsOpenAi('/v1/chat/completions'), headers });
}

function peer(child: ChildProcess, where: Pick<Subject, 'origin' | 'ask' | 'headers'>): Subject {
  const heap = async () => undefined;
  return { ...where, pid: child.pid ?? 0, speaksFrames: false, keepsNothing: true, heap, stop: () => ended(child) };
}

/** It does not say when it listens. */
async function answering(origin: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isThere = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await delay(100);
  }
  throw new Error(`Nothing answers at ${origin}.`);
}
