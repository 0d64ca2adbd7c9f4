import { includes } from './choice.js';
import type { ErrorCode } from './errors.js';
import {
  type CallResult,
  type CallStatus,
  type JournalledReply,
  type ReplyStep,
  textBehindSteps,
  textOfStep,
} from './reply-step.js';
import type { EndedRun, FinishReason, RunEnding, Usage } from './run.js';
import { type Chunk, cutText } from './token-chunk.js';
import { type ToolCall, writtenWith } from './tool-call.js';

/** What is journalled of a run and shown to every reader: what the model writes, at most one error, exactly one end,
 *  which comes last. */
export type RunEvent = JournalledEvent | UsageTold | RunFailure | RunEnd;

/** What comes before the error and the end. */
export type JournalledEvent = AgentSwitched | Chunk | CallAsked | CallAnswered;

/** The session goes over to another agent with this run: its first event. */
export interface AgentSwitched {
  readonly type: 'agent-switched';
  readonly sequence: number;
  readonly from: string;
  readonly to: string;
  /** Why, in the client's words. */
  readonly reason?: string | undefined;
}

/** For readers that asked for it. */
export interface UsageTold {
  readonly type: 'usage';
  readonly sequence: number;
  readonly usage: Usage;
}

/** The model asks for a call, whole. */
export interface CallAsked extends ToolCall {
  readonly type: 'tool-call';
  readonly sequence: number;
  /** A person has to agree before it is made. */
  readonly requiresApproval: boolean;
}

/** A call was settled within the run. */
export interface CallAnswered {
  readonly type: 'tool-result';
  readonly sequence: number;
  readonly callId: string;
  readonly toolName: string;
  readonly status: CallStatus;
  /** What the model is told. */
  readonly content: string;
}

/** How much text an event holds, in characters. Every token comes by here. */
export function charactersIn(event: RunEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'call-arguments':
      return event.text.length;
    case 'agent-switched':
      return event.reason?.length ?? 0;
    case 'tool-result':
      return event.content.length;
    case 'tool-call':
      return writtenWith(event).length;
    default:
      return 0;
  }
}

export interface RunFailure {
  readonly type: 'run-failure';
  readonly sequence: number;
  readonly code: ErrorCode;
  /** For people; never a provider's text. */
  readonly message: string;
  readonly retryable: boolean;
}

export interface RunEnd {
  readonly type: 'run-end';
  readonly sequence: number;
  readonly finishReason: FinishReason;
  /** Kept for readers that want the answer whole; undefined where the upstream sent none. */
  readonly usage: Usage | undefined;
  /** Who answered, for them too. */
  readonly model?: string | undefined;
  /** When, for them too; undefined where an older version wrote it. */
  readonly at?: Date | undefined;
}

/** How a run ended, which model was asked last, and whether its readers want to know of the usage. */
export interface ToldEnding extends Omit<RunEnding, 'at'>, Partial<Pick<RunEnding, 'at'>> {
  readonly model?: string | undefined;
  readonly tellsUsage?: boolean;
}

/** The events that end a run, the first of them with number `sequence`. */
export function endEvents(ending: ToldEnding, sequence: number): readonly RunEvent[] {
  const { error, finishReason, usage, model, at, tellsUsage = false } = ending;
  const known = { ...(model !== undefined && { model }), ...(at !== undefined && { at }) };
  const end = { type: 'run-end', finishReason, usage, ...known } as const;
  const told = tellsUsage && usage !== undefined ? [{ type: 'usage', usage } as const] : [];
  const failed = error === undefined ? [] : [{ type: 'run-failure', ...error } as const];
  return [...told, ...failed, end].map((event, index) => ({ ...event, sequence: sequence + index }));
}

/** The events of an ended run, told again from what is kept of it: how it began, the text in chunks of its own cut, and
 *  the same ending. */
export function retoldEvents(
  run: EndedRun,
  begin: readonly JournalledEvent[],
  { text, steps }: JournalledReply,
): readonly RunEvent[] {
  const { finishReason, usage, error, model, endedAt: at } = run;
  const told = [
    ...steps.flatMap((_, place) => retoldStep(text, steps, place, finishReason)),
    ...retoldText(textBehindSteps({ text, steps })),
  ].map((event, index) => ({ ...event, sequence: begin.length + index + 1 }));
  const tellsUsage = includes(run, 'usage');
  const ending = endEvents({ finishReason, usage, error, model, at, tellsUsage }, begin.length + told.length + 1);
  return [...begin, ...told, ...ending];
}

/** Calls that a run has left open were settled elsewhere, and their results told there, if at all. */
function retoldStep(text: string, steps: readonly ReplyStep[], place: number, finishReason: FinishReason) {
  const { calls = [], results = [] } = steps[place] ?? {};
  const asked = calls.map((call) => ({ type: 'tool-call' as const, ...call, requiresApproval: false }));
  const settled = place === steps.length - 1 && finishReason === 'tool_calls' ? [] : results;
  const answered = settled.map((result) => callAnswered(result, calls));
  return [...retoldText(textOfStep({ text, steps }, place)), ...asked, ...answered];
}

/** What became of one of these calls, without its number. */
export function callAnswered({ callId, status, content }: CallResult, calls: readonly ToolCall[]) {
  const toolName = calls.find((call) => call.callId === callId)?.toolName ?? '';
  return { type: 'tool-result', callId, toolName, status, content } as const;
}

function retoldText(text: string) {
  return (text === '' ? [] : cutText(text)).map((piece) => ({ type: 'text-delta' as const, text: piece }));
}
