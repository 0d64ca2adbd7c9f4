import type { Usage } from '../domain/run.js';
import { cutText, type TokenChunk, utf8Length } from '../domain/token-chunk.js';
import type { CompletionFinishReason, CompletionPart } from './ports/llm-gateway.js';

/** What one run may write, counting CHUNK_COST for each chunk: a journal in memory stays bounded also under a flood of
 *  one-letter tokens. */
export const MAX_REPLY_BYTES = 8 * 1024 * 1024;
const CHUNK_COST = 32;

/** The reply wrote more than a run may. */
export class ReplyTooLong extends Error {}

/** A reply while it is written: turns what the model sends into numbered chunks, and keeps what was journalled. */
export class ReplyDraft {
  text = '';
  lastSequence = 0;
  usage: Usage | undefined;
  finishReason: CompletionFinishReason | undefined;
  private splitCharacter = '';
  private bytesLeft = MAX_REPLY_BYTES;

  /** The chunks of a batch, numbered on from what was kept. Usage and finish reason are remembered. */
  read(parts: readonly CompletionPart[]): readonly TokenChunk[] {
    const chunks: TokenChunk[] = [];
    for (const part of parts) {
      if (part.type === 'text') this.addText(chunks, part.text);
      else if (part.type === 'usage') this.usage = part.usage;
      else if (part.type === 'end') this.finishReason = part.finishReason;
    }
    return chunks;
  }

  /** Half a character that the model never completed, as U+FFFD. */
  rest(): readonly TokenChunk[] {
    if (this.splitCharacter === '') return [];
    this.splitCharacter = '';
    return [{ type: 'text-delta', sequence: this.lastSequence + 1, text: '\ufffd' }];
  }

  /** Call with what the journal has taken. */
  keep(chunks: readonly TokenChunk[]): void {
    for (const chunk of chunks) {
      this.text += chunk.text;
      this.lastSequence = chunk.sequence;
    }
  }

  /** The chunks that still fit. They count as written, so each is to be asked about once. */
  withinLimit(chunks: readonly TokenChunk[]): readonly TokenChunk[] {
    const over = chunks.findIndex(({ text }) => {
      this.bytesLeft -= utf8Length(text) + CHUNK_COST;
      return this.bytesLeft < 0;
    });
    return over === -1 ? chunks : chunks.slice(0, over);
  }

  private addText(chunks: TokenChunk[], received: string): void {
    const text = this.wholeCharacters(received);
    if (text === '') return;
    for (const piece of cutText(text)) {
      chunks.push({ type: 'text-delta', sequence: this.lastSequence + chunks.length + 1, text: piece });
    }
  }

  /** A surrogate pair may arrive in two deltas: its first half waits for the second. */
  private wholeCharacters(received: string): string {
    let text = this.splitCharacter + received;
    this.splitCharacter = '';
    const lastUnit = text.charCodeAt(text.length - 1);
    if (lastUnit >= 0xd800 && lastUnit <= 0xdbff) {
      this.splitCharacter = text.slice(-1);
      text = text.slice(0, -1);
    }
    return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', '\ufffd') : text;
  }
}
