import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import type { PromptMessage } from '../../../../domain/prompt-message.js';
import type { ToolDefinition } from '../../../../domain/tool.js';

/** What a scripted upstream does next. */
export type MockStep =
  | { readonly type: 'batch'; readonly parts: readonly CompletionPart[] }
  | { readonly type: 'wait'; readonly milliseconds: number }
  /** Goes on when the promise does, or fails with it. */
  | { readonly type: 'wait-for'; readonly promise: Promise<unknown> }
  | { readonly type: 'fail'; readonly error: Error }
  /** Nothing more, until the caller aborts. */
  | { readonly type: 'stall' };

export type MockScript = (
  prompt: readonly PromptMessage[],
  tools: readonly ToolDefinition[],
) => Iterable<MockStep> | AsyncIterable<MockStep>;

/** An upstream without a network. It keeps the port's promises whatever the script does: a script that stops without an
 *  `end` is an upstream that broke off, and one that asks for a tool where there is none has failed. */
export class MockGateway implements LlmGateway {
  constructor(
    private readonly script: MockScript,
    private readonly models: readonly Model[] = [],
  ) {}

  async complete({ prompt, tools = [] }: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    signal.throwIfAborted();
    for await (const step of this.script(prompt, tools)) {
      signal.throwIfAborted();
      if (tools.length === 0 && asksForTool(step)) throw new LlmError('unsupported_tool_call');
      if (step.type !== 'batch') await perform(step, signal);
      else await take(step.parts);
      if (isEnd(step)) return;
    }
    signal.throwIfAborted();
    throw new LlmError('upstream_truncated');
  }

  async listModels(signal: AbortSignal): Promise<readonly Model[]> {
    signal.throwIfAborted();
    return this.models;
  }
}

function isEnd(step: MockStep): boolean {
  return step.type === 'batch' && step.parts.some(({ type }) => type === 'end');
}

function asksForTool(step: MockStep): boolean {
  return step.type === 'batch' && step.parts.some(({ type }) => type === 'call-arguments' || type === 'call');
}

async function perform(step: Exclude<MockStep, { type: 'batch' }>, signal: AbortSignal): Promise<void> {
  if (step.type === 'fail') throw step.error;
  if (step.type === 'wait-for')
    await unlessAborted(signal, (resolve, reject) => void step.promise.then(resolve, reject));
  else if (step.type === 'stall') await unlessAborted(signal, () => undefined);
  else await wait(step.milliseconds, signal);
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  // Without a delay there must still be room for everything else, or an abort would not be heard.
  if (milliseconds === 0) return await nextTurn();
  let timer: NodeJS.Timeout | undefined;
  try {
    await unlessAborted(signal, (resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** A promise that rejects with the signal's reason at once when it aborts, and leaves no listener behind. */
function unlessAborted(
  signal: AbortSignal,
  begin: (resolve: () => void, reject: (error: unknown) => void) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  begin(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
