import type { Message } from '../domain/message.js';
import type { PromptMessage } from './ports/llm-gateway.js';

/** The prompt that every OpenAI-wire server accepts, strict chat templates included: the system prompt, then user and
 *  assistant in turn. Messages of one role that follow each other (a user message whose run wrote nothing) become one. */
export function buildPrompt(systemPrompt: string, history: readonly Message[]): readonly PromptMessage[] {
  const prompt: PromptMessage[] = [{ role: 'system', content: systemPrompt }];
  for (const { role, content } of history) {
    const last = prompt.at(-1);
    if (last?.role === role) prompt[prompt.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else prompt.push({ role, content });
  }
  return prompt;
}
