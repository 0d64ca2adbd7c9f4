import type { AskedStep } from '../domain/asked-calls.js';
import type { ReplyStep, WaitingCall } from '../domain/reply-step.js';
import { sumOf, type Usage } from '../domain/run.js';
import type { JournalledEvent } from '../domain/run-event.js';
import { cutText, type ReasoningChunk, type TokenChunk, utf8Length } from '../domain/token-chunk.js';
import type { AskedCall, CompletionFinishReason, CompletionPart } from './ports/llm-gateway.js';

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
  /** What the model asks for in the answer that it writes now. */
  calls: readonly AskedCall[] = [];
  /** Its answers before, which asked for calls. */
  steps: readonly ReplyStep[] = [];
  /** Those of the last step that a client or a person is to settle. */
  open: readonly WaitingCall[] = [];
  private usageBefore: Usage | undefined;
  private splitCharacter = '';
  private splitReasoning = '';
  private bytesLeft = MAX_REPLY_BYTES;

  /** Reasoning is a part of what is journalled only where somebody asked for it. */
  constructor(private readonly tellsReasoning = false) {}

  /** The chunks of a batch, numbered on from what was kept. Usage and finish reason are remembered. */
  read(parts: readonly CompletionPart[]): readonly Chunk[] {
    const chunks: Chunk[] = [];
    for (const part of parts) {
      if (part.type === 'text') this.addText(chunks, part.text);
      else if (part.type === 'reasoning') this.addReasoning(chunks, part.text);
      else this.remember(part);
    }
    return chunks;
  }

  /** Half a character that the model never completed, as U+FFFD. */
  rest(): readonly Chunk[] {
    const chunks: Chunk[] = [];
    if (this.splitReasoning !== '') this.add(chunks, 'reasoning-delta', '\ufffd');
    if (this.splitCharacter !== '') this.add(chunks, 'text-delta', '\ufffd');
    [this.splitReasoning, this.splitCharacter] = ['', ''];
    return chunks;
  }

  /** Call with what the journal has taken. */
  keep(events: readonly JournalledEvent[]): void {
    for (const event of events) {
      if (event.type === 'text-delta') this.text += event.text;
      this.lastSequence = event.sequence;
    }
  }

  /** The answer is over, and this is what it asked for; its `events` are in the journal. */
  keepStep({ textEnd, calls, results, open }: AskedStep, events: number): void {
    this.steps = [...this.steps, { textEnd, calls, results }];
    this.open = open;
    this.calls = [];
    this.usageBefore = this.usage;
    this.lastSequence += events;
  }

  /** The chunks that still fit. They count as written, so each is to be asked about once. */
  withinLimit(chunks: readonly Chunk[]): readonly Chunk[] {
    const over = chunks.findIndex(({ text }) => {
      this.bytesLeft -= utf8Length(text) + CHUNK_COST;
      return this.bytesLeft < 0;
    });
    return over === -1 ? chunks : chunks.slice(0, over);
  }

  private remember(part: CompletionPart): void {
    if (part.type === 'usage') this.usage = sumOf(this.usageBefore, part.usage);
    else if (part.type === 'call') this.calls = [...this.calls, part];
    else if (part.type === 'end') this.finishReason = part.finishReason;
  }

  private addText(chunks: Chunk[], received: string): void {
    const text = this.splitCharacter + received;
    this.splitCharacter = halfAtEnd(text);
    this.add(chunks, 'text-delta', text.slice(0, text.length - this.splitCharacter.length));
  }

  private addReasoning(chunks: Chunk[], received: string): void {
    if (!this.tellsReasoning) return;
    const text = this.splitReasoning + received;
    this.splitReasoning = halfAtEnd(text);
    this.add(chunks, 'reasoning-delta', text.slice(0, text.length - this.splitReasoning.length));
  }

  private add(chunks: Chunk[], type: Chunk['type'], text: string): void {
    if (text === '') return;
    for (const piece of cutText(keepable(text)))
      chunks.push({ type, sequence: this.lastSequence + chunks.length + 1, text: piece });
  }
}

type Chunk = TokenChunk | ReasoningChunk;

/** A surrogate pair may arrive in two deltas: its first half waits for the second. */
function halfAtEnd(text: string): string {
  const lastUnit = text.charCodeAt(text.length - 1);
  return lastUnit >= 0xd800 && lastUnit <= 0xdbff ? text.slice(-1) : '';
}

function keepable(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', '\ufffd') : text;
}
