import type { PromptMessage } from '../../../../application/ports/llm-gateway.js';

/** The body of a streamed completion: only what every server of this wire knows, so that strict ones accept it. Some do not know
 *  the options that ask for the usage. */
export function mapRequest(model: string, prompt: readonly PromptMessage[], asksUsage: boolean): string {
  const messages = prompt.map(({ role, content }) => ({ role, content }));
  const options = asksUsage ? { stream_options: { include_usage: true } } : {};
  return JSON.stringify({ model, messages, stream: true, ...options });
}
