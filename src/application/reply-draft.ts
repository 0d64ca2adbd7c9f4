import type { AskedStep } from '../domain/asked-calls.js';
import { type CallResult, type ReplyStep, type WaitingCall, withResults } from '../domain/reply-step.js';
import type { Usage } from '../domain/run.js';
import type { JournalledEvent } from '../domain/run-event.js';
import { type Chunk, cutText, utf8Length } from '../domain/token-chunk.js';
import type { ToolCall } from '../domain/tool-call.js';
import { sumOf } from '../domain/usage-sum.js';
import type { AskedCall, CallArguments, CompletionFinishReason, CompletionPart } from './ports/llm-gateway.js';
import type { PromptCounts } from './prompt-counts.js';
import { WholeCharacters } from './whole-characters.js';

/** What one run may write, counting CHUNK_COST for each chunk: a journal in memory stays bounded also under a flood of
 *  one-letter tokens. */
export const MAX_REPLY_BYTES = 8 * 1024 * 1024;
const CHUNK_COST = 32;

/** The reply wrote more than a run may. */
export class ReplyTooLong extends Error {}

/** Under which names calls are told while they are written. */
export interface ToldCalls {
  nameOf(call: Pick<CallArguments, 'index' | 'callId'>): string;
  toolNameOf(name: string): string;
}

/** A reply while it is written: turns what the model sends into numbered chunks, and keeps what was journalled. */
export class ReplyDraft {
  text = '';
  lastSequence = 0;
  /** How often a model was asked for it. */
  attempts = 0;
  usage: Usage | undefined;
  finishReason: CompletionFinishReason | undefined;
  /** What the model asks for in the answer that it writes now. */
  calls: readonly AskedCall[] = [];
  /** Its answers before, which asked for calls. */
  steps: readonly ReplyStep[] = [];
  /** Those of the last step that a client or a person is to settle. */
  open: readonly WaitingCall[] = [];
  /** The calls that servers are making, which readers were told of. */
  making: readonly ToolCall[] = [];
  /** Names for the calls whose arguments are told as they are written; undefined where nobody asked for that. */
  toldCalls: ToldCalls | undefined;
  /** What its prompts had to count; undefined where there was none. */
  counts: Pick<PromptCounts, 'toKeep'> | undefined;
  private usageBefore: Usage | undefined;
  private readonly said = new WholeCharacters();
  private readonly reasoned = new WholeCharacters();
  private readonly calling = new Map<number, { readonly call: ToldCall; readonly text: WholeCharacters }>();
  private bytesLeft = MAX_REPLY_BYTES;

  /** Reasoning is a part of what is journalled only where somebody asked for it. */
  constructor(private readonly tellsReasoning = false) {}

  get written() {
    const { text, lastSequence, usage, steps, open, making, counts } = this;
    return { text, lastSequence, usage, steps, open, making, counts: counts?.toKeep };
  }

  /** The chunks of a batch, numbered on from what was kept. Usage and finish reason are remembered. */
  read(parts: readonly CompletionPart[]): readonly Chunk[] {
    const chunks: Chunk[] = [];
    for (const part of parts) {
      if (part.type === 'text') this.addText(chunks, part.text);
      else if (part.type === 'reasoning') this.addReasoning(chunks, part.text);
      else if (part.type === 'call-arguments') this.addArguments(chunks, part);
      else this.remember(part);
    }
    return chunks;
  }

  /** Half a character that the model never completed, as U+FFFD. */
  rest(): readonly Chunk[] {
    const chunks: Chunk[] = [];
    this.add(chunks, REASONING, this.reasoned.rest());
    this.add(chunks, TEXT, this.said.rest());
    for (const { call, text } of this.calling.values()) this.add(chunks, call, text.rest());
    this.calling.clear();
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

  /** A server has run a call of the last step; the event that tells it is in the journal. Throws ReplyTooLong when it
   *  no longer fits. */
  keepResult(result: CallResult, event: JournalledEvent): void {
    this.steps = withResults(this.steps, [result]);
    this.making = this.making.filter(({ callId }) => callId !== result.callId);
    this.lastSequence = event.sequence;
    this.bytesLeft -= utf8Length(result.content);
    if (this.bytesLeft < 0) throw new ReplyTooLong();
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
    this.add(chunks, TEXT, this.said.take(received));
  }

  private addReasoning(chunks: Chunk[], received: string): void {
    if (this.tellsReasoning) this.add(chunks, REASONING, this.reasoned.take(received));
  }

  private addArguments(chunks: Chunk[], part: CallArguments): void {
    if (this.toldCalls === undefined || part.text === '') return;
    const { index, toolName } = part;
    const told = this.calling.get(index) ?? {
      call: toldCall(this.toldCalls.nameOf(part), this.toldCalls.toolNameOf(toolName)),
      text: new WholeCharacters(),
    };
    this.calling.set(index, told);
    this.add(chunks, told.call, told.text.take(part.text));
  }

  private add(chunks: Chunk[], kind: Kind, text: string): void {
    if (text === '') return;
    for (const piece of cutText(text))
      chunks.push({ ...kind, sequence: this.lastSequence + chunks.length + 1, text: piece });
  }
}

const TEXT = { type: 'text-delta' } as const;
const REASONING = { type: 'reasoning-delta' } as const;

function toldCall(callId: string, toolName: string) {
  return { type: 'call-arguments', callId, toolName } as const;
}

type ToldCall = ReturnType<typeof toldCall>;
type Kind = typeof TEXT | typeof REASONING | ToldCall;
