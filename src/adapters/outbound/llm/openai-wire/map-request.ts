import type { CompletionRequest } from '../../../../application/ports/llm-gateway.js';
import { type GenerationOptions, RESERVED_FIELDS } from '../../../../domain/generation-options.js';
import type { Extra } from './extras-refused.js';
import { mapPrompt, mapTools } from './map-prompt.js';

/** The body of a streamed completion: what was asked for and nothing else, so that strict servers accept it. Some do
 *  not know the extras. */
export function mapRequest(request: CompletionRequest, extras: readonly Extra[]): string {
  const { model, prompt, options, tools, toolChoice } = request;
  const takesBack = extras.includes('provider_data') ? model : undefined;
  const messages = mapPrompt(prompt, takesBack);
  const streaming = extras.includes('stream_options')
    ? { stream: true, stream_options: { include_usage: true } }
    : { stream: true };
  const own = { model, messages, ...streaming };
  return JSON.stringify({ ...own, ...extraOf(options), ...namedOptions(options), ...mapTools(tools, toolChoice) });
}

/** Only those that are said: what is not named may stand in `extra`. */
function namedOptions({ temperature, maxTokens, topP, stop, seed, reasoningEffort }: GenerationOptions) {
  const named = {
    temperature,
    max_tokens: maxTokens,
    top_p: topP,
    stop: stop?.length === 0 ? undefined : stop,
    seed,
    reasoning_effort: reasoningEffort,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function extraOf({ extra = {} }: GenerationOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !RESERVED_FIELDS.includes(name)));
}
