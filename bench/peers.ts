import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, forked, type NewSubject } from './subjects.js';

/** Only what --peers installs, in a folder that is thrown away. */
const PACKAGES = ['ai@7.0.173', '@ai-sdk/openai-compatible@3.0.92', 'express@5.3.0'];

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

/** What others have made for a part of the same job, by their names; it keeps no session and no journal. */
export async function installPeers(folder: string): Promise<Readonly<Record<string, NewSubject>>> {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...PACKAGES], { cwd: folder, stdio: 'ignore' });
  await writeFile(join(folder, 'ai-sdk-relay.js'), AI_SDK_RELAY);
  return { 'ai-sdk': (url) => aiSdk(url, folder) };
}

async function aiSdk(url: string, folder: string) {
  const { child, origin } = await forked(join(folder, 'ai-sdk-relay.js'), [url]);
  return {
    origin,
    path: '/chat',
    pid: child.pid ?? 0,
    speaksFrames: false,
    keepsNothing: true,
    heap: async () => undefined,
    stop: () => ended(child),
  };
}
