import { z } from 'zod';
import { defineLlmProvider } from '../llm-provider.js';
import { connectTimeoutSetting } from '../openai-wire/connect-timeout-setting.js';
import { HttpTransport } from '../openai-wire/http-transport.js';
import { httpUrlSetting } from '../openai-wire/http-url-setting.js';
import { keySetting } from '../openai-wire/key-setting.js';
import { OpenAiWireGateway } from '../openai-wire/openai-wire-gateway.js';
import { streamUsageSetting } from '../openai-wire/stream-usage-setting.js';

const configSchema = z.object({
  /** Only a vLLM started with --api-key wants one. */
  VLLM_API_KEY: keySetting.optional(),
  VLLM_BASE_URL: httpUrlSetting('http://localhost:8000/v1'),
  CONNECT_TIMEOUT_MS: connectTimeoutSetting,
  STREAM_USAGE: streamUsageSetting,
});

export const vllmProvider = defineLlmProvider({
  configSchema,
  create: (
    { VLLM_API_KEY: key, VLLM_BASE_URL: baseUrl, CONNECT_TIMEOUT_MS: connectMilliseconds, STREAM_USAGE: streamUsage },
    proxyFor,
  ) =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${baseUrl}/chat/completions`,
        modelsUrl: `${baseUrl}/models`,
        headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
        streamUsage,
        provider: 'vllm',
      },
      new HttpTransport(connectMilliseconds, proxyFor),
    ),
});
