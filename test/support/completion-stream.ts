import type { CompletionFinishReason } from '../../src/application/ports/llm-gateway.js';

const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'fake-llm' };

/** The pieces of a streamed completion as OpenAI sends it. */
export const completionStream = {
  role: event({ ...envelope, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  text: (content: string) => event({ ...envelope, choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  reasoning: (reasoning_content: string) =>
    event({ ...envelope, choices: [{ index: 0, delta: { reasoning_content, content: null }, finish_reason: null }] }),
  call: (entry: unknown) =>
    event({ ...envelope, choices: [{ index: 0, delta: { tool_calls: [entry] }, finish_reason: null }] }),
  finish: (reason: CompletionFinishReason | 'tool_calls') =>
    event({ ...envelope, choices: [{ index: 0, delta: {}, finish_reason: reason }] }),
  usage: (input: number, output: number) =>
    event({
      ...envelope,
      choices: [],
      usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    }),
  error: (error: unknown) => event({ error }),
  done: 'data: [DONE]\n\n',
  event,
};

function event(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
