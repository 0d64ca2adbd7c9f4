import type { CompletionFinishReason, CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import type { ChunkContent } from './map-chunk.js';
import { mapChunk } from './map-chunk.js';
import { errorReported } from './map-error.js';
import type { SseMessage } from './sse-decoder.js';

/** One answer as it comes in: its text, and the proof that it is whole. */
export class Answer {
  private finishReason: CompletionFinishReason | undefined;
  private hasText = false;
  private hasMessages = false;
  private wasClosed = false;
  private failure: unknown;

  /** The text of these messages, in order. Does not throw: a failure waits for `end`, so that the text before it is not lost. */
  accept(messages: readonly SseMessage[]): CompletionPart[] {
    const parts: CompletionPart[] = [];
    for (const message of messages) {
      if (this.isOver) break;
      this.acceptMessage(message, parts);
    }
    return parts;
  }

  /** The message the end of the stream cut off. Without the blank line that ends a message, only a `[DONE]` can be trusted. */
  acceptCutOff(message: SseMessage | undefined): void {
    if (message !== undefined && isDoneMarker(message.data)) this.accept([message]);
  }

  /** An answer in one piece, which is its own proof. Throws LlmError when it is none. */
  acceptWhole(text: string): CompletionPart[] {
    const content = mapChunk(text);
    if (!content.hasChoice)
      throw new LlmError('upstream_protocol', { detail: `${text.length} characters of JSON that are no completion` });
    const parts: CompletionPart[] = [];
    this.acceptContent(content, parts);
    this.wasClosed = true;
    return parts;
  }

  /** The upstream failed. An answer that has its finish reason is whole all the same. */
  fail(error: unknown): void {
    if (this.hasFinishReason) this.wasClosed = true;
    else this.failure ??= error;
  }

  /** What ends the answer when no more comes. Throws LlmError when it failed or is not proven whole. */
  end(): CompletionPart[] {
    if (this.hasFailed) throw this.failure;
    return [{ type: 'end', finishReason: this.finishReason ?? this.reasonFromClosing() }];
  }

  /** Nothing that may still come changes the answer. */
  get isOver(): boolean {
    return this.wasClosed || this.hasFailed;
  }

  /** The upstream has said all it had to say. */
  get isClosed(): boolean {
    return this.wasClosed;
  }

  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** The model has ended; only usage and `[DONE]` may still come. */
  get hasFinishReason(): boolean {
    return this.finishReason !== undefined;
  }

  /** Not one message came. */
  get isBlank(): boolean {
    return !this.hasMessages;
  }

  private acceptMessage({ event, data }: SseMessage, parts: CompletionPart[]): void {
    this.hasMessages = true;
    const text = data.trim();
    try {
      if (event === 'error') throw errorReported(text);
      if (isDoneMarker(text)) this.wasClosed = true;
      // Some gateways wrap their keep-alive comments in `data:`.
      else if (text !== '' && !text.startsWith(':')) this.acceptContent(mapChunk(text), parts);
    } catch (error) {
      this.fail(error);
    }
  }

  private acceptContent({ texts, finishReason, usage }: ChunkContent, parts: CompletionPart[]): void {
    if (!this.hasFinishReason) this.acceptChoice(texts, finishReason, parts);
    // At once, for a run that is cancelled or fails keeps what was counted until then.
    if (usage !== undefined) parts.push({ type: 'usage', usage });
  }

  private acceptChoice(texts: readonly string[], finishReason: string | undefined, parts: CompletionPart[]): void {
    for (const text of texts) {
      this.hasText = true;
      parts.push({ type: 'text', text });
    }
    if (finishReason !== undefined) this.finishReason = mapFinishReason(finishReason);
  }

  private reasonFromClosing(): CompletionFinishReason {
    if (!this.wasClosed) throw new LlmError('upstream_truncated');
    if (!this.hasText) throw new LlmError('upstream_empty');
    return 'stop';
  }
}

/** Some servers send it with a line end of its own, or words behind it. */
function isDoneMarker(text: string): boolean {
  return text.startsWith('[DONE]');
}

function mapFinishReason(reason: string): CompletionFinishReason {
  if (reason === 'tool_calls' || reason === 'function_call') throw new LlmError('unsupported_tool_call');
  if (reason === 'error') throw new LlmError('upstream_error', { detail: 'finish_reason error' });
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop';
}
