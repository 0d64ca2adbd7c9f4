import type { ErrorCode } from './errors.js';
import type { CallStatus } from './reply-step.js';
import type { EndedRun, FinishReason, RunEnding, Usage } from './run.js';
import { cutText, type TokenChunk } from './token-chunk.js';
import type { ToolCall } from './tool-call.js';

/** What is journalled of a run and shown to every reader: what the model writes, at most one error, exactly one end, which comes
 *  last. */
export type RunEvent = JournalledEvent | RunFailure | RunEnd;

/** What comes before the error and the end. */
export type JournalledEvent = TokenChunk | CallAsked | CallAnswered;

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
      return event.text.length;
    case 'tool-result':
      return event.content.length;
    case 'tool-call':
      return JSON.stringify(event.arguments).length;
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
}

/** How a run ended, and which model was asked last. */
export interface ToldEnding extends Omit<RunEnding, 'at'> {
  readonly model?: string | undefined;
}

/** The events that end a run, the first of them with number `sequence`. */
export function endEvents(ending: ToldEnding, sequence: number): readonly RunEvent[] {
  const { error, finishReason, usage, model } = ending;
  const end = { type: 'run-end', finishReason, usage, ...(model !== undefined && { model }) } as const;
  if (error === undefined) return [{ ...end, sequence }];
  return [
    { type: 'run-failure', sequence, ...error },
    { ...end, sequence: sequence + 1 },
  ];
}

/** The events of an ended run, told again from what is kept of it: the text in chunks of its own cut, and the same ending. */
export function retoldEvents(run: EndedRun, text: string): readonly RunEvent[] {
  const { finishReason, usage, error, model } = run;
  const pieces = text === '' ? [] : cutText(text);
  const chunks = pieces.map((piece, index) => ({ type: 'text-delta' as const, sequence: index + 1, text: piece }));
  return [...chunks, ...endEvents({ finishReason, usage, error, model }, chunks.length + 1)];
}
