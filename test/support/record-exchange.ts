import type { LlmProvider, Settings } from '../../src/adapters/outbound/llm/llm-provider.js';
import type { Model } from '../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';
import { completionStream } from './completion-stream.js';
import { aRequest } from './pulled.js';
import type { UpstreamRequest } from './upstream-server.js';
import { ScriptedUpstream } from './upstream-server.js';

const PROMPT: readonly PromptMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Grüße, 世界 🙂' },
];

export interface Exchange {
  readonly completion: UpstreamRequest;
  readonly listing: UpstreamRequest;
  readonly models: readonly Model[];
}

/** What a provider sends for one completion and one listing of models, and the models it makes of `modelList`. */
export async function recordExchange(
  provider: LlmProvider,
  settingsFor: (url: string) => Settings,
  modelList = '{"data":[]}',
): Promise<Exchange> {
  const upstream = new ScriptedUpstream();
  await upstream.start();
  try {
    const gateway = provider.create(settingsFor(upstream.url));
    const { signal } = new AbortController();
    upstream.answer = ({ method }) => {
      if (method === 'GET')
        return { headers: { 'Content-Type': 'application/json' }, steps: [{ type: 'write', bytes: modelList }] };
      const stream = completionStream.text('Hi') + completionStream.finish('stop') + completionStream.done;
      return { headers: { 'Content-Type': 'text/event-stream' }, steps: [{ type: 'write', bytes: stream }] };
    };
    await gateway.complete(aRequest(PROMPT), signal, () => undefined);
    const models = await gateway.listModels(signal);
    const [completion, listing] = upstream.requests;
    if (completion === undefined || listing === undefined) throw new Error('The provider did not ask.');
    return { completion, listing, models };
  } finally {
    await upstream.close();
  }
}
