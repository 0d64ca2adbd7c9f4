import { z } from 'zod';
import { defineLlmProvider } from '../llm-provider.js';
import { connectTimeoutSetting } from '../openai-wire/connect-timeout-setting.js';
import { HttpTransport } from '../openai-wire/http-transport.js';
import { httpUrlSetting } from '../openai-wire/http-url-setting.js';
import { keySetting } from '../openai-wire/key-setting.js';
import { OpenAiWireGateway } from '../openai-wire/openai-wire-gateway.js';
import { streamUsageSetting } from '../openai-wire/stream-usage-setting.js';

const configSchema = z.object({
  OPENAI_API_KEY: z
    .string('is missing: set AGENT_RUNTIME__OPENAI_API_KEY to the key of your OpenAI account')
    .pipe(keySetting),
  OPENAI_BASE_URL: httpUrlSetting('https://api.openai.com/v1'),
  CONNECT_TIMEOUT_MS: connectTimeoutSetting,
  STREAM_USAGE: streamUsageSetting,
});

export const openaiProvider = defineLlmProvider({
  configSchema,
  create: (
    {
      OPENAI_API_KEY: key,
      OPENAI_BASE_URL: baseUrl,
      CONNECT_TIMEOUT_MS: connectMilliseconds,
      STREAM_USAGE: streamUsage,
    },
    proxyFor,
  ) =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${baseUrl}/chat/completions`,
        modelsUrl: `${baseUrl}/models`,
        headers: { Authorization: `Bearer ${key}` },
        streamUsage,
        provider: 'openai',
      },
      new HttpTransport(connectMilliseconds, proxyFor),
    ),
});
