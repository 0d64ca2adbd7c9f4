import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { errorOf } from '../support/builders.js';
import { ForwardProxy } from '../support/forward-proxy.js';
import { McpTestServer } from '../support/mcp-test-server.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { ScriptedUpstream } from '../support/upstream-server.js';

const TLS = new URL('../../../test/fixtures/tls/', import.meta.url);
const CERTIFICATE = fileURLToPath(new URL('upstream.cert.pem', TLS));
const LIST = '{"data":[{"id":"a"}]}';

describe('a service in a network with a proxy', () => {
  let folder: string;
  let proxy: ForwardProxy;
  let proxyUrl: string;
  let plain: ScriptedUpstream;
  let service: ServiceProcess | undefined;
  let server: RuntimeServer | undefined;
  const secure = createServer({
    key: readFileSync(new URL('upstream.key.pem', TLS)),
    cert: readFileSync(CERTIFICATE),
  }).on('request', (_request, response) => response.setHeader('Content-Type', 'application/json').end(LIST));

  before(async () => {
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
  });
  after(() => secure.close().closeAllConnections());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    proxy = new ForwardProxy();
    plain = new ScriptedUpstream();
    plain.answer = () => ({ headers: { 'Content-Type': 'application/json' }, steps: [{ type: 'write', bytes: LIST }] });
    proxyUrl = await proxy.start();
    await plain.start();
  });
  afterEach(async () => {
    await Promise.all([service?.kill(), server?.close()]);
    await proxy.close();
    await plain.close();
    await rm(folder, { recursive: true });
  });

  const settingsFor = (base: string) => ({ LLM_MODE: 'vllm', VLLM_BASE_URL: `${base}/v1` });
  /** Of a process, whose environment Node itself reads too. */
  async function modelsOf(base: string, environment: Record<string, string>): Promise<unknown> {
    service = await ServiceProcess.start(folder, settingsFor(base), { environment });
    return (await service.get('/v1/llm/models')).json;
  }
  async function modelsWith(variables: Record<string, string>, base: string): Promise<unknown> {
    server = await RuntimeServer.start({ settings: settingsFor(base), variables });
    return (await server.get('/v1/llm/models')).json;
  }
  const plainNamed = () => plain.url.replace('127.0.0.1', 'upstream.test');
  const A = [{ id: 'a', name: 'a', provider: 'vllm', context_length: null, is_available: true }];

  it('asks an upstream over TLS through HTTPS_PROXY, and trusts the certificates of NODE_EXTRA_CA_CERTS', async () => {
    const address = secure.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const environment = { HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: CERTIFICATE };
    expect(await modelsOf(`https://upstream.test:${port}`, environment)).to.deep.equal(A);
    expect(proxy.asked).to.deep.equal([`CONNECT upstream.test:${port}`]);
  });

  it('asks a plain upstream through http_proxy, which may stand in .env and without its scheme', async () => {
    await writeFile(join(folder, '.env'), `http_proxy=${proxyUrl.replace('http://', '')}\n`);
    expect(await modelsOf(plainNamed(), {})).to.deep.equal(A);
    expect(proxy.asked).to.deep.equal([`GET ${plainNamed()}/v1/models`]);
  });

  describe('with a server of tools', () => {
    async function withTools(url: string, variables: Record<string, string>): Promise<RuntimeServer> {
      const path = join(folder, 'agents.json');
      await writeFile(
        path,
        JSON.stringify({ agents: { default: { tools: ['files/*'] } }, mcp_servers: { files: { url } } }),
      );
      server = await RuntimeServer.start({ settings: { AGENTS_FILE: path }, variables });
      return server;
    }

    it('asks it through http_proxy, credentials and all, or itself where NO_PROXY names it', async () => {
      const mcp = await McpTestServer.start({ list: async () => ({ content: [{ type: 'text', text: 'found' }] }) });
      const url = mcp.url.replace('127.0.0.1', 'tools.localhost.test');
      const http_proxy = proxyUrl.replace('http://', 'http://user:secret@');
      try {
        const through = await withTools(url, { http_proxy });
        expect((await through.converse('/call files/list {}')).text.trim()).to.equal('found');
        expect(proxy.asked[0]).to.equal(`POST ${url}`);
        expect(proxy.credentials[0]).to.equal(`Basic ${Buffer.from('user:secret').toString('base64')}`);
        await through.close();
        const asked = proxy.asked.length;
        await withTools(url, { http_proxy, NO_PROXY: '.test' });
        expect(proxy.asked).to.have.length(asked);
      } finally {
        await mcp.close();
      }
    });

    it('asks it through HTTPS_PROXY where it speaks TLS, and trusts the certificates of NODE_EXTRA_CA_CERTS', async () => {
      const address = secure.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const asked = once(secure, 'request');
      const path = join(folder, 'agents.json');
      const url = `https://upstream.test:${port}/mcp`;
      await writeFile(
        path,
        JSON.stringify({ mcp_servers: { files: { url, headers: { Authorization: 'Bearer t' } } } }),
      );
      const environment = { HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: CERTIFICATE };
      service = await ServiceProcess.start(folder, { AGENTS_FILE: path }, { environment });
      const [request] = await asked;
      expect(request).to.include({ method: 'POST', url: '/mcp' });
      expect(request.headers).to.include({ authorization: 'Bearer t' });
      expect(proxy.asked[0]).to.equal(`CONNECT upstream.test:${port}`);
    });
  });

  it('asks what is on this machine itself', async () => {
    expect(await modelsWith({ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl }, plain.url)).to.deep.equal(A);
    expect(proxy.asked).to.deep.equal([]);
  });

  it('asks what NO_PROXY names itself', async () => {
    const answer = await modelsWith({ HTTP_PROXY: proxyUrl, NO_PROXY: 'other.test,.test' }, plainNamed());
    expect(answer).to.have.property('type');
    expect(proxy.asked).to.deep.equal([]);
  });

  it('does not start with a proxy that is none, and shows no password', async () => {
    for (const wrong of ['http://user:hunter2@', 'http://user:hunter%2@proxy:1', 'socks5://user:hunter2@proxy:1']) {
      const error = await errorOf(RuntimeServer.start({ variables: { HTTPS_PROXY: wrong } }));
      expect(String(error)).to.contain('HTTPS_PROXY: must be the address of a proxy').and.not.to.contain('hunter');
    }
  });
});
