import type { CallAsked, RunEnd, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import type { ArgumentsChunk } from '../../../../domain/token-chunk.js';
import { UnsettledCalls } from '../door/unsettled-calls.js';
import type { OutputItem, TextKind } from './output-items.js';
import { endingOf } from './response-ending.js';
import type { Emit } from './response-event.js';
import type { ResponseState } from './response-view.js';
import { WrittenCall } from './written-call.js';
import { WrittenText } from './written-text.js';

/** A response while it is written: what each event of its run adds to it, told to `emit`. */
export class ResponseDraft {
  private readonly items: (WrittenText | WrittenCall)[] = [];
  private readonly calls = new Map<string, WrittenCall>();
  private readonly unsettled = new UnsettledCalls();
  private text: WrittenText | undefined;
  private failure: RunFailure | undefined;
  /** Undefined until the run has ended. */
  ended: ResponseState | undefined;

  constructor(
    private readonly runId: string,
    private readonly emit: Emit,
  ) {}

  /** Every token comes by here. */
  add(event: RunEvent): void {
    switch (event.type) {
      case 'text-delta':
        this.textOf('message').add(event.text);
        break;
      case 'reasoning-delta':
        this.textOf('reasoning').add(event.text);
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

  private addCall(event: RunEvent): void {
    if (event.type === 'call-arguments') this.addPiece(event);
    else if (event.type === 'tool-call') this.calls.get(event.callId)?.complete(event);
    this.unsettled.note(event);
  }

  private get output(): readonly OutputItem[] {
    return this.items.map(({ item }) => item);
  }

  private textOf(kind: TextKind): WrittenText {
    if (this.text?.kind === kind) return this.text;
    this.closeText('completed');
    const text = new WrittenText(kind, this.runId, this.items.length, this.emit);
    this.items.push(text);
    this.text = text;
    return text;
  }

  private closeText(status: 'completed' | 'incomplete'): void {
    this.text?.close(status);
    this.text = undefined;
  }

  private addPiece(piece: ArgumentsChunk): void {
    const place = this.unsettled.piece(piece);
    if (place === undefined) return;
    (this.calls.get(piece.callId) ?? this.beginCall(piece)).add(piece.text);
  }

  private beginCall(call: CallAsked | ArgumentsChunk): WrittenCall {
    this.closeText('completed');
    const written = new WrittenCall(call, this.runId, this.items.length, this.emit);
    this.items.push(written);
    this.calls.set(call.callId, written);
    return written;
  }

  private end(end: RunEnd): void {
    const { finishReason } = end;
    if (finishReason === 'tool_calls')
      for (const { call } of this.unsettled.takeUnshown()) this.beginCall(call).complete(call);
    const isWhole = finishReason === 'stop' || finishReason === 'tool_calls';
    this.closeText(isWhole ? 'completed' : 'incomplete');
    for (const call of this.calls.values()) call.breakOff();
    this.ended = { ...endingOf(end, this.failure), output: this.output };
  }
}
