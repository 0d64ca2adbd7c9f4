import type { CompletionRequest } from '../../../../application/ports/llm-gateway.js';
import { type GenerationOptions, RESERVED_FIELDS } from '../../../../domain/generation-options.js';

/** The body of a streamed completion: what was asked for and nothing else, so that strict servers accept it. Some do not know
 *  the options that ask for the usage. */
export function mapRequest({ model, prompt, options }: CompletionRequest, asksUsage: boolean): string {
  const messages = prompt.map(({ role, content }) => ({ role, content }));
  const streaming = asksUsage ? { stream: true, stream_options: { include_usage: true } } : { stream: true };
  const own = { model, messages, ...streaming };
  return JSON.stringify({ ...own, ...extraOf(options), ...namedOptions(options) });
}

/** What undefined stands for is left out of the JSON. */
function namedOptions({ temperature, maxTokens, topP, stop, seed, reasoningEffort }: GenerationOptions) {
  return {
    temperature,
    max_tokens: maxTokens,
    top_p: topP,
    stop: stop?.length === 0 ? undefined : stop,
    seed,
    reasoning_effort: reasoningEffort,
  };
}

function extraOf({ extra = {} }: GenerationOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !RESERVED_FIELDS.includes(name)));
}
