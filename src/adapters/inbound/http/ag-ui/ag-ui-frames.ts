import type { CallResult } from '../../../../domain/reply-step.js';
import type { Run } from '../../../../domain/run.js';
import type { CallAsked, RunEnd, RunEvent } from '../../../../domain/run-event.js';
import type { ArgumentsChunk } from '../../../../domain/token-chunk.js';
import type { FrameRenderer } from '../door/frame-renderer.js';
import { agUiEvent, contentEvent, finishedEvent, startedEvent } from './ag-ui-events.js';
import { type AskedRun, ownMessageId } from './run-input.js';

export interface ToldRun {
  readonly run: Pick<Run, 'id' | 'continues'>;
  /** What became of calls of the run before that the client does not know yet. */
  readonly results: readonly CallResult[];
  /** What the client had when it sent the run for the first time; undefined where that is now. */
  readonly history: readonly object[] | undefined;
}

/** A run as the events of AG-UI. */
export class AgUiFrames implements FrameRenderer {
  private block: { readonly kind: keyof typeof BLOCKS; readonly id: string } | undefined;
  /** The message of the answer that is written now: its calls are a part of it. */
  private answerId: string | undefined;
  /** Calls that were begun and are not whole. */
  private readonly begun = new Set<string>();
  private readonly open = new Map<string, CallAsked>();
  private failure: { readonly message: string; readonly code: string } | undefined;

  constructor(
    private readonly asked: AskedRun,
    private readonly told: ToldRun,
  ) {}

  /** A client adds pieces to a message that it has: so it is first told to have those alone that were there before. */
  get opening(): string {
    const { run, results, history } = this.told;
    const snapshot = history === undefined ? '' : agUiEvent('MESSAGES_SNAPSHOT', { messages: history });
    const known = results.map((result, index) => resultEvent(result, ownMessageId(this.asked.runId, `0-${index}`)));
    return startedEvent(this.asked, run.id) + snapshot + known.join('');
  }

  frame(event: RunEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.piece('text', event.sequence, event.text);
      case 'reasoning-delta':
        return this.piece('reasoning', event.sequence, event.text);
      case 'call-arguments':
        return this.closed() + this.argumentsOf(event);
      case 'tool-call':
        return this.closed() + this.call(event);
      case 'tool-result':
        this.answerId = undefined;
        this.open.delete(event.callId);
        return this.closed() + resultEvent(event, this.idOf(event));
      case 'run-failure':
        this.failure = event;
        return '';
      case 'run-end':
        return this.closed() + this.wholeCalls() + this.ended(event);
      default:
        return '';
    }
  }

  private idOf({ sequence }: Pick<RunEvent, 'sequence'>): string {
    return ownMessageId(this.asked.runId, `${sequence}`);
  }

  private piece(kind: keyof typeof BLOCKS, sequence: number, text: string): string {
    const { start, content } = BLOCKS[kind];
    if (this.block?.kind === kind) return contentEvent(content, this.block.id, text);
    const before = this.closed();
    const id = this.idOf({ sequence });
    this.block = { kind, id };
    if (kind === 'text') this.answerId = id;
    return before + start(id) + contentEvent(content, id, text);
  }

  private argumentsOf({ sequence, callId: toolCallId, toolName, text: delta }: ArgumentsChunk): string {
    return this.begunCall(sequence, toolCallId, toolName) + agUiEvent('TOOL_CALL_ARGS', { toolCallId, delta });
  }

  private begunCall(sequence: number, toolCallId: string, toolCallName: string): string {
    if (this.begun.has(toolCallId)) return '';
    this.begun.add(toolCallId);
    this.answerId ??= this.idOf({ sequence });
    return agUiEvent('TOOL_CALL_START', { toolCallId, toolCallName, parentMessageId: this.answerId });
  }

  /** One that a person has allowed was told by the run that asked for it. */
  private call(asked: CallAsked): string {
    const { callId: toolCallId, sequence, toolName } = asked;
    if (this.told.run.continues?.allowed?.some(({ callId }) => callId === toolCallId) === true) return '';
    const isWhole = this.begun.has(toolCallId);
    const start = this.begunCall(sequence, toolCallId, toolName);
    this.begun.delete(toolCallId);
    this.open.set(toolCallId, asked);
    const delta = JSON.stringify(asked.arguments);
    const given = isWhole ? '' : agUiEvent('TOOL_CALL_ARGS', { toolCallId, delta });
    return start + given + agUiEvent('TOOL_CALL_END', { toolCallId });
  }

  private ended(end: RunEnd): string {
    const { finishReason: reason } = end;
    if (reason === 'error') {
      const { message = 'The run failed.', code = 'run_failed' } = this.failure ?? {};
      return agUiEvent('RUN_ERROR', { message, code });
    }
    if (reason === 'cancelled' || reason === 'interrupted')
      return agUiEvent('RUN_ERROR', { message: `The run was ${reason}.`, code: reason });
    const open = reason === 'tool_calls' ? [...this.open.values()] : [];
    const approvals = open.filter(({ requiresApproval }) => requiresApproval);
    const calls = open.filter((call) => !approvals.includes(call)).map(({ callId }) => callId);
    return finishedEvent(this.asked, { calls, approvals }, end);
  }

  /** Nothing may be open at the end, not even what never came whole. */
  private wholeCalls(): string {
    return [...this.begun].map((toolCallId) => agUiEvent('TOOL_CALL_END', { toolCallId })).join('');
  }

  private closed(): string {
    const { block } = this;
    this.block = undefined;
    return block === undefined ? '' : BLOCKS[block.kind].end(block.id);
  }
}

const BLOCKS = {
  text: {
    start: (messageId: string) => agUiEvent('TEXT_MESSAGE_START', { messageId, role: 'assistant' }),
    content: 'TEXT_MESSAGE_CONTENT',
    end: (messageId: string) => agUiEvent('TEXT_MESSAGE_END', { messageId }),
  },
  reasoning: {
    start: (messageId: string) =>
      agUiEvent('REASONING_START', { messageId }) +
      agUiEvent('REASONING_MESSAGE_START', { messageId, role: 'reasoning' }),
    content: 'REASONING_MESSAGE_CONTENT',
    end: (messageId: string) =>
      agUiEvent('REASONING_MESSAGE_END', { messageId }) + agUiEvent('REASONING_END', { messageId }),
  },
} as const;

function resultEvent({ callId: toolCallId, content }: Pick<CallResult, 'callId' | 'content'>, messageId: string) {
  return agUiEvent('TOOL_CALL_RESULT', { messageId, toolCallId, content, role: 'tool' });
}
