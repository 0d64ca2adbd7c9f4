import type { Run } from '../../../../domain/run.js';
import type { CallAsked, RunEnd, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import { UnsettledCalls } from '../../../../domain/unsettled-calls.js';
import type { FrameRenderer } from '../door/frame-renderer.js';
import { usageView } from '../native/run-view.js';
import { eventWithoutId } from '../sse-frames.js';
import { completionHead } from './chat-view.js';
import { badEndingOf } from './openai-ending.js';
import { openAiError } from './openai-error.js';

export interface ChatFramesOptions {
  /** As the client is told it. */
  readonly model: string;
  readonly includesUsage: boolean;
}

/** A run as the chunks of a streamed chat completion. */
export class ChatFrames implements FrameRenderer {
  readonly opening: string;
  /** Of a chunk, up to its delta. */
  private readonly before: string;
  private readonly usage: string;
  private readonly calls = new UnsettledCalls();
  private failure: RunFailure | undefined;

  constructor(
    run: Run,
    private readonly options: ChatFramesOptions,
  ) {
    const head = JSON.stringify(completionHead(run, options.model, 'chat.completion.chunk'));
    this.before = `${head.slice(0, -1)},"choices":[`;
    this.usage = options.includesUsage ? ',"usage":null}' : '}';
    this.opening = this.chunk('{"role":"assistant","content":""}');
  }

  /** Every token comes by here. */
  frame(event: RunEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.chunk(`{"content":${JSON.stringify(event.text)}}`);
      case 'reasoning-delta':
        return this.chunk(`{"reasoning_content":${JSON.stringify(event.text)}}`);
      case 'run-failure':
        this.failure = event;
        return '';
      case 'run-end':
        return this.end(event);
      default:
        return this.call(event);
    }
  }

  private call(event: RunEvent): string {
    if (event.type === 'call-arguments') {
      const place = this.calls.piece(event);
      if (place === undefined) return '';
      return (place.isNew ? this.callBegun(place.index, event) : '') + this.callPiece(place.index, event.text);
    }
    this.calls.note(event);
    return event.type === 'tool-call' ? this.callKept(this.calls.placeOf(event.callId), event) : '';
  }

  private callBegun(index: number, { callId: id, toolName: name }: NamedCall): string {
    const call = { index, id, type: 'function', function: { name, arguments: '' } };
    return this.chunk(JSON.stringify({ tool_calls: [call] }));
  }

  /** What its model wants back with the call: a client that keeps the history brings it along. */
  private callKept(index: number | undefined, { providerData }: CallAsked): string {
    const kept = providerData?.call;
    if (index === undefined || kept === undefined) return '';
    return this.chunk(JSON.stringify({ tool_calls: [{ ...kept, index }] }));
  }

  private callPiece(index: number, piece: string): string {
    return this.chunk(JSON.stringify({ tool_calls: [{ index, function: { arguments: piece } }] }));
  }

  /** A made-up reason would pass for a good answer. */
  private end(end: RunEnd): string {
    const bad = badEndingOf(end, this.failure);
    if (bad !== undefined) return eventWithoutId(JSON.stringify(openAiError(bad.status, bad.code, bad.message)));
    const calls = end.finishReason === 'tool_calls' ? this.wholeCalls() : '';
    const usage = `],"usage":${JSON.stringify(usageView(end.usage))}}`;
    const told = this.options.includesUsage ? this.frameOf(usage) : '';
    return calls + this.chunk('{}', `"${end.finishReason}"`) + told + eventWithoutId('[DONE]');
  }

  /** Those of which no piece was shown. */
  private wholeCalls(): string {
    return this.calls
      .takeUnshown()
      .map(({ index, call }) => this.wholeCall(index, call))
      .join('');
  }

  private wholeCall(index: number, call: CallAsked): string {
    const written = this.callPiece(index, JSON.stringify(call.arguments));
    return this.callBegun(index, call) + written + this.callKept(index, call);
  }

  private chunk(delta: string, finishReason = 'null'): string {
    return this.frameOf(`{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]${this.usage}`);
  }

  private frameOf(rest: string): string {
    return eventWithoutId(this.before + rest);
  }
}

interface NamedCall {
  readonly callId: string;
  readonly toolName: string;
}
