import { z } from 'zod';
import { defineLlmProvider } from '../llm-provider.js';
import { connectTimeoutSetting } from '../openai-wire/connect-timeout-setting.js';
import { HttpTransport } from '../openai-wire/http-transport.js';
import { httpUrlSetting } from '../openai-wire/http-url-setting.js';
import { keySetting } from '../openai-wire/key-setting.js';
import { OpenAiWireGateway } from '../openai-wire/openai-wire-gateway.js';
import { streamUsageSetting } from '../openai-wire/stream-usage-setting.js';

const configSchema = z.object({
  /** Several keys are for the receiving side, while they are changed; to send, the first is used. */
  INTERNAL_API_KEY: z
    .string()
    .transform((keys) => keys.split(',').find((key) => key.trim() !== '') ?? '')
    .pipe(keySetting)
    .default('change-me-internal-key'),
  LLM_PROXY_URL: httpUrlSetting('http://localhost:8002'),
  CONNECT_TIMEOUT_MS: connectTimeoutSetting,
  STREAM_USAGE: streamUsageSetting,
});

export const proxyProvider = defineLlmProvider({
  configSchema,
  create: (
    {
      INTERNAL_API_KEY: key,
      LLM_PROXY_URL: baseUrl,
      CONNECT_TIMEOUT_MS: connectMilliseconds,
      STREAM_USAGE: streamUsage,
    },
    proxyFor,
  ) =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${baseUrl}/v1/chat/completions`,
        modelsUrl: `${baseUrl}/v1/llm/models`,
        headers: { 'X-Internal-Auth': key },
        streamUsage,
        provider: 'proxy',
      },
      new HttpTransport(connectMilliseconds, proxyFor),
    ),
});
