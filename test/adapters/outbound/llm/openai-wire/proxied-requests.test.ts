import { expect } from 'chai';
import { HttpTransport } from '../../../../../src/adapters/outbound/llm/openai-wire/http-transport.js';
import { readBody } from '../../../../../src/adapters/outbound/llm/openai-wire/read-body.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { ForwardProxy } from '../../../../support/forward-proxy.js';
import { freePort } from '../../../../support/free-port.js';
import { ScriptedUpstream } from '../../../../support/upstream-server.js';

const CONNECT_MS = 300;

describe('requests through a proxy', () => {
  let proxy: ForwardProxy;
  let proxyUrl: string;
  let upstream: ScriptedUpstream;
  const anyone = new AbortController().signal;

  beforeEach(async () => {
    proxy = new ForwardProxy();
    upstream = new ScriptedUpstream();
    upstream.answer = () => ({ steps: [{ type: 'write', bytes: 'hello' }] });
    proxyUrl = await proxy.start();
    await upstream.start();
  });
  afterEach(async () => {
    await proxy.close();
    await upstream.close();
  });

  const named = (scheme: string) => upstream.url.replace('http://127.0.0.1', `${scheme}://upstream.test`);
  const through = (url: string) => new HttpTransport(CONNECT_MS, () => new URL(url));
  const ask = (transport: HttpTransport, url: string, signal = anyone) =>
    transport.send({ method: 'GET', url: `${url}/models`, headers: { Authorization: 'Bearer key' } }, signal);

  async function failure(transport: HttpTransport, url: string, signal = anyone): Promise<LlmError> {
    const error = await ask(transport, url, signal).catch((reason: unknown) => reason);
    if (!(error instanceof LlmError)) throw new Error('There was no LlmError.');
    return error;
  }

  it('hands a plain request to it whole, over a connection that is kept', async () => {
    const transport = through(proxyUrl.replace('http://', 'http://us%40er:p%3Aass@'));
    for (let round = 0; round < 2; round += 1) {
      const { body } = await ask(transport, named('http'));
      expect(await readBody(body)).to.equal('hello');
    }
    expect(proxy.asked).to.deep.equal(Array(2).fill(`GET ${named('http')}/models`));
    expect(proxy.credentials[0]).to.equal(`Basic ${Buffer.from('us@er:p:ass').toString('base64')}`);
    expect(upstream.requests[0]?.headers).to.include({ authorization: 'Bearer key' });
  });

  it('asks it for a tunnel to what is reached over TLS, and tells it neither path nor key', async () => {
    await failure(through(proxyUrl.replace('http://', 'http://user:word@')), named('https'));
    expect(proxy.asked).to.deep.equal([`CONNECT ${new URL(named('https')).host}`]);
    expect(proxy.credentials[0]).to.equal(`Basic ${Buffer.from('user:word').toString('base64')}`);
  });

  for (const refusal of [403, 407, 502]) {
    it(`takes its ${refusal} to a tunnel for upstream_unavailable, and says whose word that is`, async () => {
      proxy.refusal = refusal;
      const { code, cause } = await failure(through(proxyUrl), named('https'));
      expect([code, String(cause)]).to.deep.equal([
        'upstream_unavailable',
        `Error: the proxy refuses: HTTP ${refusal}`,
      ]);
    });
  }

  it('takes its 407 to a plain request for upstream_unavailable, and says whose word that is', async () => {
    proxy.refusal = 407;
    const { code, cause } = await failure(through(proxyUrl), named('http'));
    expect([code, String(cause)]).to.deep.equal(['upstream_unavailable', 'Error: the proxy refuses: HTTP 407']);
  });

  it('takes a proxy that is not there for upstream_unavailable, and keeps its password out of the error', async () => {
    const gone = `http://user:hunter2@127.0.0.1:${await freePort()}`;
    for (const scheme of ['http', 'https']) {
      const error = await failure(through(gone), named(scheme));
      expect(error.code).to.equal('upstream_unavailable');
      expect(`${error.message} ${error.detail} ${error.cause}`).not.to.contain('hunter2');
    }
  });

  it('counts the time that it takes for a tunnel', async () => {
    proxy.silent = true;
    const { code, cause } = await failure(through(proxyUrl), named('https'));
    expect([code, String(cause)]).to.deep.equal([
      'upstream_unavailable',
      `Error: no connection within ${CONNECT_MS} ms`,
    ]);
  });

  it('closes a tunnel at once that nobody waits for any more', async () => {
    proxy.silent = true;
    const leaver = new AbortController();
    const asking = failure(new HttpTransport(60_000, () => new URL(proxyUrl)), named('https'), leaver.signal);
    const tunnel = await proxy.firstTunnel();
    const closed = new Promise((resolve) => tunnel.resume().once('end', resolve));
    leaver.abort();
    await Promise.all([asking, closed]);
  });
});
