import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { RuntimeServer } from '../support/runtime-server.js';

const PATHS = ['/', '/chat', '/chat/', '/chat/settings.json', '/chat/chat.js', '/chat/chat.css', '/chat/icon.svg'];
const LARGEST = 120 * 1024;

describe('the page to chat in', () => {
  let server: RuntimeServer;

  afterEach(() => server.close());

  const start = async (settings: Record<string, string> = {}, variables: Record<string, string> = {}) => {
    server = await RuntimeServer.start({ settings, variables });
  };
  const get = (path: string) => server.get(path, { 'X-Internal-Auth': undefined });

  it('is at /chat/, where / and /chat lead, without a key', async () => {
    await start();
    for (const path of ['/', '/chat']) {
      const { status, headers } = await get(path);
      expect([path, status, headers.location]).to.deep.equal([path, 302, 'chat/']);
    }
    const page = await get('/chat/');
    expect(page.status).to.equal(200);
    expect(page.headers).to.include({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  });

  it('may load nothing but its own files, and run no markup that it did not bring', async () => {
    await start();
    const { headers, text } = await get('/chat/');
    const policy = String(headers['content-security-policy']);
    expect(policy).to.contain("default-src 'none'").and.to.contain("require-trusted-types-for 'script'");
    expect(policy).not.to.match(/unsafe|https?:|data:|\*/);
    const named = Array.from(text.matchAll(/(?:src|href)="([^"]+)"/g), ([, path]) => path);
    expect(named).to.have.members(['icon.svg', 'chat.css', 'chat.js']);
    for (const name of named) expect((await get(`/chat/${name}`)).status, name).to.equal(200);
    expectProblem(await get('/chat/other.js'), 404, 'not_found');
    expectProblem(await get('/chat/..%2fmain.js'), 404, 'not_found');
  });

  it('has files that are kept, and asked for all the same', async () => {
    await start();
    const { headers } = await get('/chat/chat.js');
    expect(headers['cache-control']).to.equal('no-cache');
    const again = await server.get('/chat/chat.js', { 'If-Modified-Since': String(headers['last-modified']) });
    expect(again.status).to.equal(304);
  });

  it('is told whether the documented key opens the service, and never a key', async () => {
    await start({ INTERNAL_API_KEY: 'a-key-of-my-own' });
    expect((await get('/chat/settings.json')).json).to.deep.equal({ default_key: false });
    for (const path of PATHS) expect((await get(path)).text).not.to.contain('a-key-of-my-own');
    await server.close();
    await start({ INTERNAL_API_KEY: 'change-me-internal-key' });
    expect((await get('/chat/settings.json')).json).to.deep.equal({ default_key: true });
  });

  it('is gone where it is switched off, and in production where it is not switched on', async () => {
    for (const [settings, variables] of [
      [{ CHAT_PAGE: 'false' }, {}],
      [{}, { NODE_ENV: 'production' }],
    ] as const) {
      await start(settings, variables);
      for (const path of PATHS) expectProblem(await get(path), 404, 'not_found');
      await server.close();
    }
    await start({ CHAT_PAGE: 'true' }, { NODE_ENV: 'production' });
    expect((await get('/chat/')).status).to.equal(200);
  });

  it('takes less than 120 KiB on the wire of a server that packs', async () => {
    await start();
    const files = ['index.html', 'chat.js', 'chat.css', 'icon.svg'].map((name) =>
      readFileSync(new URL(`../../src/page/${name}`, import.meta.url)),
    );
    expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).to.be.below(LARGEST);
  });
});
