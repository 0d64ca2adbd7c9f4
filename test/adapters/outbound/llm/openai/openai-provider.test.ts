import { expect } from 'chai';
import { z } from 'zod';
import { openaiProvider } from '../../../../../src/adapters/outbound/llm/openai/openai-provider.js';
import { describeLlmGateway } from '../../../../contracts/llm-gateway.contract.js';
import { issuesOf } from '../../../../support/issues-of.js';
import { recordExchange } from '../../../../support/record-exchange.js';
import { openWireSubject } from '../../../../support/wire-subject.js';

const settingsFor = (url: string) => ({
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: `${url}/v1`,
});

describeLlmGateway('openai', () => openWireSubject(openaiProvider, settingsFor));

describe('openai provider', () => {
  it('sends exactly the documented request', async () => {
    const { completion } = await recordExchange(openaiProvider, settingsFor);
    expect(completion).to.include({ method: 'POST', path: '/v1/chat/completions' });
    expect(completion.headers).to.include({
      authorization: 'Bearer sk-test',
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
    });
    expect(JSON.parse(completion.body)).to.deep.equal({
      model: 'some-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Grüße, 世界 🙂' },
      ],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('asks the same base URL for the models, with the key', async () => {
    const { models, listing } = await recordExchange(
      openaiProvider,
      settingsFor,
      '{"object":"list","data":[{"id":"gpt-4o","object":"model"}]}',
    );
    expect(listing).to.include({ method: 'GET', path: '/v1/models' });
    expect(listing.headers).to.include({ authorization: 'Bearer sk-test' });
    expect(models).to.deep.equal([
      { id: 'gpt-4o', name: 'gpt-4o', provider: 'openai', contextLength: undefined, isAvailable: true },
    ]);
  });

  it('takes a base URL with slashes at its end', async () => {
    const { completion } = await recordExchange(openaiProvider, (url) => ({
      ...settingsFor(url),
      OPENAI_BASE_URL: `${url}/v1//`,
    }));
    expect(completion.path).to.equal('/v1/chat/completions');
  });

  it('needs nothing but a key', () => {
    expect(z.parse(openaiProvider.configSchema, { OPENAI_API_KEY: ' sk-test\n' })).to.deep.equal({
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: 'https://api.openai.com/v1',
      CONNECT_TIMEOUT_MS: 5000,
      STREAM_USAGE: true,
    });
  });

  it('says which variable to set when the key is missing', () => {
    expect(issuesOf(openaiProvider, {})).to.deep.equal([
      'OPENAI_API_KEY: is missing: set AGENT_RUNTIME__OPENAI_API_KEY to the key of your OpenAI account',
    ]);
  });

  it('refuses a key that fits into no header, without repeating it', () => {
    for (const key of ['sk-кey', 'sk test', 'sk\ntest', 'sk-\u0000']) {
      const [issue = ''] = issuesOf(openaiProvider, { OPENAI_API_KEY: key });
      expect(issue).to.match(/^OPENAI_API_KEY: must be visible ASCII/);
      expect(issue).not.to.contain(key);
    }
  });

  for (const url of [
    'api.openai.com/v1',
    'ftp://api.openai.com',
    'http://',
    'https://user:pw@host/v1',
    'https://host/v1?x=1',
    'https://host/#a',
  ]) {
    it(`refuses ${url} as a base URL and shows a right one`, () => {
      const issues = issuesOf(openaiProvider, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: url });
      expect(issues).to.have.length(1);
      expect(issues[0]).to.match(
        /^OPENAI_BASE_URL: must be an http:\/\/ or https:\/\/ URL .*https:\/\/api\.openai\.com\/v1$/,
      );
    });
  }
});
