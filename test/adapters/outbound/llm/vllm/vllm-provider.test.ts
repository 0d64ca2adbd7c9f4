import { expect } from 'chai';
import { z } from 'zod';
import { vllmProvider } from '../../../../../src/adapters/outbound/llm/vllm/vllm-provider.js';
import { describeLlmGateway } from '../../../../contracts/llm-gateway.contract.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { recordExchange } from '../../../../support/record-exchange.js';
import { openWireSubject } from '../../../../support/wire-subject.js';

const settingsFor = (url: string) => ({ VLLM_BASE_URL: `${url}/v1` });

/** The worst network there is: every byte by itself. */
const byteByByte = (stream: string) => Array.from(Buffer.from(stream), (byte) => Uint8Array.of(byte));

describeLlmGateway('vllm, byte by byte', () => openWireSubject(vllmProvider, settingsFor, byteByByte));

describe('vllm provider', () => {
  it('sends the same body as every provider, and no key when it has none', async () => {
    const { completion } = await recordExchange(vllmProvider, settingsFor);
    expect(completion).to.include({ method: 'POST', path: '/v1/chat/completions' });
    expect(completion.headers).not.to.have.property('authorization');
    expect(Object.keys(JSON.parse(completion.body))).to.deep.equal(['model', 'messages', 'stream', 'stream_options']);
  });

  it('sends the key it has', async () => {
    const { completion, listing } = await recordExchange(vllmProvider, (url) => ({
      ...settingsFor(url),
      VLLM_API_KEY: 'token-1',
    }));
    expect(completion.headers).to.include({ authorization: 'Bearer token-1' });
    expect(listing.headers).to.include({ authorization: 'Bearer token-1' });
  });

  it("tells a model's context length", async () => {
    const list =
      '{"object":"list","data":[{"id":"qwen","object":"model","owned_by":"vllm","root":"qwen","max_model_len":32768}]}';
    const { listing, models } = await recordExchange(vllmProvider, settingsFor, list);
    expect(listing).to.include({ method: 'GET', path: '/v1/models' });
    expect(models).to.deep.equal([
      { id: 'qwen', name: 'qwen', provider: 'vllm', contextLength: 32768, isAvailable: true },
    ]);
  });

  it('needs no setting at all', () => {
    expect(z.parse(vllmProvider.configSchema, {})).to.deep.equal({
      VLLM_BASE_URL: 'http://localhost:8000/v1',
      CONNECT_TIMEOUT_MS: 5000,
      STREAM_USAGE: true,
    });
  });

  it('refuses what is no base URL', () => {
    expect(issuesOf(vllmProvider, { VLLM_BASE_URL: 'localhost:8000' })).to.have.length(1);
  });
});
