import { createParser } from 'eventsource-parser';
import { LlmError } from '../../../../domain/errors.js';

export interface SseMessage {
  readonly event?: string | undefined;
  readonly data: string;
}

/** Far above any real event: what one stream may make this process hold. */
const MAX_BUFFERED_CHARACTERS = 8 * 1024 * 1024;

/** Bytes to server-sent events, by the rules of the HTML standard, however the bytes are cut. */
export class SseDecoder {
  private messages: SseMessage[] = [];
  private overflow: LlmError | undefined;
  // The parser takes one BOM off; taking another one off here would hide a broken stream.
  private readonly text = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly parser = createParser({
    maxBufferSize: MAX_BUFFERED_CHARACTERS,
    onEvent: (message) => this.messages.push(message),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded')
        this.overflow = new LlmError('upstream_protocol', { detail: error.message });
    },
  });

  /** The messages these bytes brought to their end. Throws LlmError once an event is too long; what was whole before it
   *  comes first. */
  decode(bytes: Uint8Array): readonly SseMessage[] {
    this.feed(this.text.decode(bytes, { stream: true }));
    return this.take();
  }

  /** The message that the end of the bytes cut off before its blank line. The standard discards it; the caller may know
   *  better. */
  end(): SseMessage | undefined {
    this.feed(`${this.text.decode()}\n\n`);
    return this.take()[0];
  }

  private feed(text: string): void {
    // After an overflow the parser throws on every further call.
    if (this.overflow === undefined) this.parser.feed(text);
  }

  private take(): readonly SseMessage[] {
    const { messages } = this;
    if (this.overflow !== undefined && messages.length === 0) throw this.overflow;
    this.messages = [];
    return messages;
  }
}
