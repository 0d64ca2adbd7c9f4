import type { GenerationOptions } from '../../domain/generation-options.js';
import type { Role } from '../../domain/message.js';
import type { Usage } from '../../domain/run.js';

export interface LlmGateway {
  /** Asks the model and hands its answer to `take` as it arrives: each batch holds, in order, what one read of the upstream
   *  brought, and is never empty. Exactly one `end` part, after all text; a `usage` part may stand anywhere. Text parts are not
   *  empty, but may be cut anywhere, even inside a surrogate pair. A `reasoning` part is what the model thinks on its way and no
   *  part of the answer; its text is cut as the answer's is, and empty where the upstream shows only that it thinks. A `retry` part
   *  stands alone in its batch and before all text and reasoning: the model failed, and it or the next of `fallbacks` is asked
   *  when that batch is taken.
   *  Resolves when the `end` is taken. Rejects with LlmError when the upstream fails or stops without proof that the answer is
   *  whole; what was handed over before stays good. Rejects with what `take` failed with, which gives the answer up.
   *  When `signal` aborts, the upstream connection is closed at once, nothing more is handed over, and it rejects with the
   *  signal's reason. However it settles, nothing that was handed over is still being taken then. */
  complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void>;

  /** The models on offer, in the upstream's order. Throws LlmError, or the signal's reason when `signal` aborts. */
  listModels(signal: AbortSignal): Promise<readonly Model[]>;
}

/** Undefined: taken. A promise: it is being taken, and the upstream is held back until it resolves. */
export type TakeParts = (parts: readonly CompletionPart[]) => Promise<void> | undefined;

/** What a model is asked. */
export interface CompletionRequest {
  /** As this gateway calls it: `mode:name` where it stands for several providers, the bare name where it is one. */
  readonly model: string;
  /** Asked in order, each when the one before cannot answer; of no use to a gateway that is one provider. */
  readonly fallbacks?: readonly string[];
  readonly prompt: readonly PromptMessage[];
  readonly options: GenerationOptions;
}

export interface PromptMessage {
  readonly role: 'system' | 'developer' | Role;
  readonly content: string;
}

export type CompletionPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** `model` is who is asked now, where that is another than before. */
  | { readonly type: 'retry'; readonly model?: string }
  | {
      readonly type: 'end';
      readonly finishReason: CompletionFinishReason;
      /** The upstream's own word, where it is unknown. */
      readonly unknownReason?: string;
    };

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
