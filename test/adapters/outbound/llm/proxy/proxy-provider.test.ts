import { expect } from 'chai';
import { z } from 'zod';
import { proxyProvider } from '../../../../../src/adapters/outbound/llm/proxy/proxy-provider.js';
import { describeLlmGateway } from '../../../../contracts/llm-gateway.contract.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { recordExchange } from '../../../../support/record-exchange.js';
import { openWireSubject } from '../../../../support/wire-subject.js';

const settingsFor = (url: string) => ({ INTERNAL_API_KEY: 'internal-1', LLM_PROXY_URL: url });

/** As sse-starlette writes: CRLF, and a second, empty `data:` line after every payload. */
const likeStarlette = (stream: string) => [
  Buffer.from(`: ping\r\n\r\n${stream.replaceAll('\n\n', '\r\ndata: \r\n\r\n')}`),
];

describeLlmGateway('proxy', () => openWireSubject(proxyProvider, settingsFor, likeStarlette));

describe('proxy provider', () => {
  it('sends exactly the documented request', async () => {
    const { completion } = await recordExchange(proxyProvider, settingsFor);
    expect(completion).to.include({ method: 'POST', path: '/v1/chat/completions' });
    expect(completion.headers).to.include({ 'x-internal-auth': 'internal-1', accept: 'text/event-stream' });
    expect(completion.headers).not.to.have.property('authorization');
    expect(JSON.parse(completion.body)).to.include({ model: 'some-model', stream: true });
  });

  it('reads the plain list of models', async () => {
    const list =
      '[{"id":"a","name":"Model A","provider":"acme","context_length":4096,"is_available":false},{"id":"b","context_length":null}]';
    const { listing, models } = await recordExchange(proxyProvider, settingsFor, list);
    expect(listing).to.include({ method: 'GET', path: '/v1/llm/models' });
    expect(listing.headers).to.include({ 'x-internal-auth': 'internal-1' });
    expect(models).to.deep.equal([
      { id: 'a', name: 'Model A', provider: 'acme', contextLength: 4096, isAvailable: false },
      { id: 'b', name: 'b', provider: 'proxy', contextLength: undefined, isAvailable: true },
    ]);
  });

  it('sends the first of several keys', async () => {
    const { completion } = await recordExchange(proxyProvider, (url) => ({
      ...settingsFor(url),
      INTERNAL_API_KEY: ' , new-key , old-key',
    }));
    expect(completion.headers).to.include({ 'x-internal-auth': 'new-key' });
  });

  it('needs no setting at all', () => {
    expect(z.parse(proxyProvider.configSchema, {})).to.deep.equal({
      INTERNAL_API_KEY: 'change-me-internal-key',
      LLM_PROXY_URL: 'http://localhost:8002',
      CONNECT_TIMEOUT_MS: 5000,
      STREAM_USAGE: true,
    });
  });

  it('refuses keys of which none can be sent', () => {
    for (const keys of [' , ', 'clé', 'one two']) {
      expect(issuesOf(proxyProvider, { INTERNAL_API_KEY: keys })).to.have.length(1);
    }
  });
});
