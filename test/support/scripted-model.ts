import { MockGateway, type MockStep } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import type { CompletionPart, PromptMessage } from '../../src/application/ports/llm-gateway.js';

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

/** A model that says what it is told, when it is told. */
export class GuidedModel extends MockGateway {
  readonly prompts: (readonly PromptMessage[])[] = [];
  private readonly steps: MockStep[] = [];
  private wake: () => void = () => {};

  constructor() {
    super((prompt) => {
      this.prompts.push(prompt);
      return this.play();
    });
  }

  say(...steps: readonly MockStep[]): void {
    this.steps.push(...steps);
    this.wake();
  }

  /** Each step is played once, to whoever asks first. */
  private async *play(): AsyncGenerator<MockStep> {
    for (;;) {
      const step = this.steps.shift();
      if (step !== undefined) yield step;
      else yield { type: 'wait-for', promise: new Promise<void>((resolve) => (this.wake = resolve)) };
    }
  }
}
