import type { CallResult } from '../../../../domain/reply-step.js';
import type { Run } from '../../../../domain/run.js';
import type { CallAsked, RunEnd, RunEvent } from '../../../../domain/run-event.js';
import type { ArgumentsChunk } from '../../../../domain/token-chunk.js';
import { readArguments } from '../../../../domain/tool-call.js';
import type { FrameRenderer } from '../door/frame-renderer.js';
import {
  type BlockKind,
  chunk,
  DONE,
  deltaChunk,
  executed,
  finishChunk,
  inputChunk,
  outputChunk,
} from './ui-chunks.js';

/** One run of the turn that a message answers. */
interface ToldRun {
  readonly run: Pick<Run, 'id' | 'continues'>;
  /** What became of calls of the run before, other than what this run tells itself. */
  readonly results: readonly CallResult[];
}

/** An answer as one message of the AI SDK. It may take several runs, for a turn goes on when its calls are settled:
 *  their events come one after the other. */
export class UiMessageFrames implements FrameRenderer {
  private block: { readonly kind: BlockKind; readonly id: string } | undefined;
  private isInStep = false;
  /** Calls of the step have been answered: what the model writes next is another step. */
  private isAnswered = false;
  private failure: string | undefined;
  private place = 0;
  /** The arguments of calls, as far as they are written. */
  private readonly written = new Map<string, string>();

  constructor(
    private readonly messageId: string,
    private readonly runs: readonly ToldRun[],
  ) {}

  get opening(): string {
    const messageMetadata = { runId: this.runs.at(-1)?.run.id };
    return chunk('start', { messageId: this.messageId, messageMetadata }) + this.resultsBefore();
  }

  frame(event: RunEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.piece('text', event.sequence, event.text);
      case 'reasoning-delta':
        return this.piece('reasoning', event.sequence, event.text);
      case 'call-arguments':
        return this.callArguments(event);
      case 'tool-call':
        return this.call(event);
      case 'tool-result':
        this.isAnswered = true;
        return this.closed() + outputChunk(event);
      case 'run-failure':
        this.failure = event.message;
        return '';
      case 'run-end':
        return this.closed() + (this.place < this.runs.length - 1 ? this.goneOn() : this.ended(event));
      default:
        return '';
    }
  }

  private get told(): ToldRun {
    return this.runs[this.place] ?? { run: { id: '' }, results: [] };
  }

  private piece(kind: BlockKind, sequence: number, text: string): string {
    const { block } = this;
    if (block?.kind === kind) return deltaChunk(kind, block.id, text);
    const before = this.closed() + this.inStep();
    const id = `${this.told.run.id}-${sequence}`;
    this.block = { kind, id };
    return before + chunk(`${kind}-start`, { id }) + deltaChunk(kind, id, text);
  }

  private callArguments({ callId: toolCallId, toolName, text }: ArgumentsChunk): string {
    const before = this.closed() + this.begunCall(toolCallId, toolName);
    this.written.set(toolCallId, (this.written.get(toolCallId) ?? '') + text);
    return before + chunk('tool-input-delta', { toolCallId, inputTextDelta: text });
  }

  private begunCall(toolCallId: string, toolName: string): string {
    if (this.written.has(toolCallId)) return '';
    this.written.set(toolCallId, '');
    return this.inStep() + chunk('tool-input-start', { toolCallId, toolName, ...executed(toolName) });
  }

  private call(asked: CallAsked): string {
    const { callId: toolCallId, toolName } = asked;
    // It is a part of the step that asked for it.
    if (this.told.run.continues?.allowed?.some(({ callId }) => callId === toolCallId) === true)
      return inputChunk(asked);
    const before = this.closed() + this.begunCall(toolCallId, toolName);
    const written = this.written.get(toolCallId) ?? '';
    this.written.delete(toolCallId);
    if (asked.requiresApproval) return before + awaitingApproval(asked, written);
    if (written === '' || readArguments(written) !== undefined) return before + inputChunk(asked);
    return before + chunk('tool-input-error', { toolCallId, toolName, input: written, errorText: UNREADABLE });
  }

  /** What is waited for now belongs to the message: the page has it from whoever read the run before. */
  private resultsBefore(): string {
    return this.told.results.map(outputChunk).join('');
  }

  private goneOn(): string {
    this.place += 1;
    return this.resultsBefore() + this.outOfStep();
  }

  private ended({ finishReason, usage }: RunEnd): string {
    if (finishReason === 'error') return chunk('error', { errorText: this.failure ?? 'The run failed.' }) + DONE;
    if (finishReason === 'cancelled' || finishReason === 'interrupted')
      return chunk('abort', { reason: finishReason }) + DONE;
    return this.inStep() + this.outOfStep() + finishChunk(finishReason, { runId: this.told.run.id, usage }) + DONE;
  }

  private inStep(): string {
    const before = this.isAnswered ? this.outOfStep() : '';
    if (this.isInStep) return before;
    this.isInStep = true;
    return before + chunk('start-step');
  }

  private outOfStep(): string {
    this.isAnswered = false;
    if (!this.isInStep) return '';
    this.isInStep = false;
    return chunk('finish-step');
  }

  private closed(): string {
    const { block } = this;
    this.block = undefined;
    return block === undefined ? '' : chunk(`${block.kind}-end`, { id: block.id });
  }
}

const UNREADABLE = 'The arguments cannot be read: they must be one JSON object.';

/** A page that runs what it is told of would run it unasked: it is told that the input is there when it was allowed. */
function awaitingApproval({ callId: toolCallId, arguments: input }: CallAsked, written: string): string {
  const rest = written === '' ? chunk('tool-input-delta', { toolCallId, inputTextDelta: JSON.stringify(input) }) : '';
  return rest + chunk('tool-approval-request', { approvalId: toolCallId, toolCallId });
}
