import type { Role } from '../../domain/message.js';
import type { Usage } from '../../domain/run.js';

export interface LlmGateway {
  /** The model's answer as it arrives: each batch holds, in order, what one read of the upstream brought, and is never empty.
   *  Exactly one `end` part, after all text; a `usage` part may stand anywhere. Text parts are not empty, but may be cut
   *  anywhere, even inside a surrogate pair. A `retry` part stands alone in its batch and before all text: the model failed,
   *  and the next `next()` asks it once more.
   *  Nothing is sent upstream before the first `next()`. Throws LlmError when the upstream fails or stops without proof that
   *  the answer is whole; what was yielded before stays good.
   *  When `signal` aborts, the upstream connection is closed at once and iteration throws the signal's reason.
   *  Leaving the loop closes the connection too. */
  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<readonly CompletionPart[]>;

  /** The models on offer, in the upstream's order. Throws LlmError, or the signal's reason when `signal` aborts. */
  listModels(signal: AbortSignal): Promise<readonly Model[]>;
}

export interface PromptMessage {
  readonly role: 'system' | Role;
  readonly content: string;
}

export type CompletionPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'retry' }
  | { readonly type: 'end'; readonly finishReason: CompletionFinishReason };

/** How a whole answer ended. An unknown reason of the upstream counts as `stop`. */
export type CompletionFinishReason = 'stop' | 'length' | 'content_filter';

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** Tokens; undefined where the upstream does not say. */
  readonly contextLength: number | undefined;
  readonly isAvailable: boolean;
}
