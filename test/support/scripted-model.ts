import { MockGateway, type MockStep } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import type { CompletionPart } from '../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';

export function text(...texts: string[]): MockStep {
  return { type: 'batch', parts: texts.map((part) => ({ type: 'text', text: part })) };
}

export function end(finishReason: 'stop' | 'length' | 'content_filter' = 'stop'): MockStep {
  return { type: 'batch', parts: [{ type: 'end', finishReason }] };
}

export function batch(...parts: CompletionPart[]): MockStep {
  return { type: 'batch', parts };
}

export const stall: MockStep = { type: 'stall' };

/** A model that plays these steps to everybody, and remembers the prompts it was given. */
export class ScriptedModel extends MockGateway {
  readonly prompts: (readonly PromptMessage[])[] = [];

  constructor(...steps: readonly MockStep[]) {
    super((prompt) => {
      this.prompts.push(prompt);
      return steps;
    });
  }
}
