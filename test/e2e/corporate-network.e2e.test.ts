import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ForwardProxy } from '../support/forward-proxy.js';
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
    await service?.kill();
    await proxy.close();
    await plain.close();
    await rm(folder, { recursive: true });
  });

  async function modelsOf(base: string, environment: Record<string, string>): Promise<unknown> {
    const settings = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${base}/v1` };
    service = await ServiceProcess.start(folder, settings, { environment });
    return (await service.get('/v1/llm/models')).json;
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

  it('asks what is on this machine itself', async () => {
    expect(await modelsOf(plain.url, { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl })).to.deep.equal(A);
    expect(proxy.asked).to.deep.equal([]);
  });

  it('asks what NO_PROXY names itself', async () => {
    const answer = await modelsOf(plainNamed(), { HTTP_PROXY: proxyUrl, NO_PROXY: 'other.test,.test' });
    expect(answer).to.have.property('type');
    expect(proxy.asked).to.deep.equal([]);
  });

  it('does not start with a proxy that is none, and shows no password', async () => {
    for (const wrong of ['http://user:hunter2@', 'http://user:hunter%2@proxy:1', 'socks5://user:hunter2@proxy:1']) {
      const start = ServiceProcess.start(folder, {}, { environment: { HTTPS_PROXY: wrong } });
      const { message } = await start.then(
        () => new Error('It started.'),
        (error: Error) => error,
      );
      expect(message).to.contain('HTTPS_PROXY: must be the address of a proxy').and.not.to.contain('hunter');
    }
  });
});
