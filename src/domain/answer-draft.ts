import { AnswerCall, type AnswerPart, AnswerText, type TextKind } from './answer-part.js';
import type { CallAsked, RunEnd, RunEvent, RunFailure } from './run-event.js';
import type { ArgumentsChunk } from './token-chunk.js';
import type { ToolCall } from './tool-call.js';
import { UnsettledCalls } from './unsettled-calls.js';

/** A run that has come to its end, read from its events. */
export interface WholeAnswer {
  readonly parts: readonly AnswerPart[];
  /** All of one kind in one text; undefined where it is too long to be kept. */
  readonly text: string | undefined;
  readonly reasoning: string | undefined;
  /** What the model asked for, and the run has not settled itself: none where it does not end with that. */
  readonly calls: readonly ToolCall[];
  readonly failure: RunFailure | undefined;
  readonly end: RunEnd;
}

/** Who is told of each part while it is written. */
export interface AnswerWatcher {
  begun(part: AnswerPart): void;
  added(part: AnswerPart, delta: string): void;
  ended(part: AnswerPart): void;
}

/** How many characters of each kind are kept. */
export type Keeping = Readonly<Record<TextKind, number>>;

const ALL: Keeping = { text: Number.POSITIVE_INFINITY, reasoning: Number.POSITIVE_INFINITY };

/** An answer while the events of its run are read. */
export class AnswerDraft {
  /** Undefined until the run has ended. */
  answer: WholeAnswer | undefined;
  private readonly parts: AnswerPart[] = [];
  private readonly left: Record<TextKind, number>;
  private open: AnswerText | undefined;
  private readonly begunCalls = new Map<string, AnswerCall>();
  private readonly unsettled = new UnsettledCalls();
  private readonly asked = new Map<string, ToolCall>();
  private failure: RunFailure | undefined;

  constructor(
    private readonly watcher?: AnswerWatcher,
    keeping = ALL,
  ) {
    this.left = { ...keeping };
  }

  /** Every token comes by here. */
  add(event: RunEvent): void {
    switch (event.type) {
      case 'text-delta':
        this.addText('text', event.text);
        break;
      case 'reasoning-delta':
        this.addText('reasoning', event.text);
        break;
      case 'call-arguments':
        this.addPiece(event);
        break;
      case 'run-failure':
        this.failure = event;
        break;
      case 'run-end':
        this.end(event);
        break;
      default:
        this.addCall(event);
    }
  }

  private addText(kind: TextKind, delta: string): void {
    const part = this.open?.kind === kind ? this.open : this.begunText(kind);
    this.left[kind] -= delta.length;
    if (this.left[kind] >= 0) part.text += delta;
    this.watcher?.added(part, delta);
  }

  private begunText(kind: TextKind): AnswerText {
    this.closeText('whole');
    this.open = this.begun(new AnswerText(kind, this.parts.length));
    return this.open;
  }

  private closeText(state: 'whole' | 'broken-off'): void {
    if (this.open !== undefined) this.close(this.open, state);
    this.open = undefined;
  }

  private addPiece(piece: ArgumentsChunk): void {
    if (this.unsettled.piece(piece) === undefined) return;
    const part = this.begunCalls.get(piece.callId) ?? this.begunCall(piece);
    part.given += piece.text;
    this.watcher?.added(part, piece.text);
  }

  private addCall(event: RunEvent): void {
    this.unsettled.note(event);
    if (event.type === 'tool-result') this.asked.delete(event.callId);
    if (event.type !== 'tool-call') return;
    this.asked.set(event.callId, event);
    const part = this.begunCalls.get(event.callId);
    if (part !== undefined) this.complete(part, event);
  }

  private begunCall({ callId, toolName }: CallAsked | ArgumentsChunk): AnswerCall {
    this.closeText('whole');
    const part = this.begun(new AnswerCall({ callId, toolName }, this.parts.length));
    this.begunCalls.set(callId, part);
    return part;
  }

  private complete(part: AnswerCall, call: ToolCall): void {
    const rest = part.complete(call);
    if (rest !== '') this.watcher?.added(part, rest);
    this.watcher?.ended(part);
  }

  private end(end: RunEnd): void {
    const asks = end.finishReason === 'tool_calls';
    if (asks) for (const { call } of this.unsettled.takeUnshown()) this.complete(this.begunCall(call), call);
    this.endParts(asks || end.finishReason === 'stop' ? 'whole' : 'broken-off');
    const { parts, failure } = this;
    const calls = asks ? [...this.asked.values()] : [];
    this.answer = { parts, text: this.kept('text'), reasoning: this.kept('reasoning'), calls, failure, end };
  }

  /** A call that never came whole is not to be made, however the run ends. */
  private endParts(state: 'whole' | 'broken-off'): void {
    this.closeText(state);
    for (const call of this.begunCalls.values()) if (call.state === 'open') this.close(call, 'broken-off');
  }

  private kept(kind: TextKind): string | undefined {
    if (this.left[kind] < 0) return undefined;
    return this.parts.map((part) => (part.kind === kind ? part.text : '')).join('');
  }

  private begun<Part extends AnswerPart>(part: Part): Part {
    this.parts.push(part);
    this.watcher?.begun(part);
    return part;
  }

  private close(part: AnswerPart, state: 'whole' | 'broken-off'): void {
    part.state = state;
    this.watcher?.ended(part);
  }
}
