import type { PromptMessage } from '../../../../application/ports/llm-gateway.js';

/** The body of a streamed completion: only what every server of this wire knows, so that strict ones accept it. */
export function mapRequest(model: string, prompt: readonly PromptMessage[]): string {
  const messages = prompt.map(({ role, content }) => ({ role, content }));
  return JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } });
}
