import type { Agent } from '../domain/agent.js';
import type { PromptMessage } from '../domain/prompt-message.js';
import type { CompletionRequest } from './ports/llm-gateway.js';

/** What the model of an agent is asked. */
export function requestOf(
  { model, fallbacks, options }: Agent,
  prompt: readonly PromptMessage[],
  tools: Pick<CompletionRequest, 'tools' | 'toolChoice'>,
): CompletionRequest {
  return { model, fallbacks, options, prompt, ...tools };
}
