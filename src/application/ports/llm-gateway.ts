import type { GenerationOptions } from '../../domain/generation-options.js';
import type { PromptMessage } from '../../domain/prompt-message.js';
import type { Usage } from '../../domain/run.js';
import type { ToolChoice, ToolDefinition } from '../../domain/tool.js';
import type { ProviderData } from '../../domain/tool-call.js';

export interface LlmGateway {
  /** Asks the model and hands its answer to `take` as it arrives: each batch holds, in order, what one read of the
   *  upstream brought, and is never empty. Exactly one `end` part, after all text; a `usage` part may stand anywhere.
   *  Text parts are not empty, but may be cut anywhere, even inside a surrogate pair. A `reasoning` part is what the
   *  model thinks on its way and no part of the answer; its text is cut as the answer's is, and empty where the
   *  upstream shows only that it thinks. A `retry` part stands alone in its batch and before all text, reasoning and
   *  calls: the model failed, and it or the next of `fallbacks` is asked when that batch is taken.
   *  Where `tools` are offered, a `call-arguments` part is a piece of a call while it is written, a sign of life and no
   *  more: what counts are the `call` parts, one for each call, in the model's order, which stand in one batch directly
   *  before the `end`, whatever its reason. Where none are offered, a model that asks for one has failed: LlmError
   *  `unsupported_tool_call`. Rejects with ReplyTooLong when the calls are more, or their arguments longer, than one
   *  reply may have. Resolves when the `end` is taken. Rejects with LlmError when the upstream fails or stops without
   *  proof that the answer is whole; what was handed over before stays good. Rejects with what `take` failed with,
   *  which gives the answer up. When `signal` aborts, the upstream connection is closed at once, nothing more is handed
   *  over, and it rejects with the signal's reason. However it settles, nothing that was handed over is still being
   *  taken then. */
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
  /** What the model may ask for; undefined and empty mean the same. */
  readonly tools?: readonly ToolDefinition[];
  /** Undefined, and without tools: as the model likes. */
  readonly toolChoice?: ToolChoice | undefined;
}

export type CompletionPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | CallArguments
  | AskedCall
  | { readonly type: 'usage'; readonly usage: Usage }
  /** `model` is who is asked now, where that is another than before. */
  | { readonly type: 'retry'; readonly model?: string }
  | {
      readonly type: 'end';
      readonly finishReason: CompletionFinishReason;
      /** The upstream's own word, where it is unknown. */
      readonly unknownReason?: string;
    };

/** A piece of a call's arguments. */
export interface CallArguments {
  readonly type: 'call-arguments';
  /** Of the call in its answer, and no other call's: its `call` part has the same. */
  readonly index: number;
  /** The model's own id; undefined where it has given none so far. */
  readonly callId: string | undefined;
  /** Whole, where `text` is not empty; else it may still be empty. */
  readonly toolName: string;
  /** JSON, cut anywhere, even inside a surrogate pair; empty where the upstream shows only that it calls. */
  readonly text: string;
}

/** A whole call. */
export interface AskedCall {
  readonly type: 'call';
  readonly index: number;
  /** The model's own id, and no other call's of the same answer; undefined where it gave none that can be used. */
  readonly callId: string | undefined;
  /** A name that a tool can have, but maybe of one that nobody offered. */
  readonly toolName: string;
  /** As the model wrote them: they may be anything but blank. `{}` where it wrote nothing. */
  readonly argumentsText: string;
  /** What the upstream wants to be given back with the call when it is asked again; undefined where that is nothing. It
   *  comes back in the `prompt`, to whichever model is asked then. */
  readonly providerData?: ProviderData | undefined;
}

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
