import type { ErrorCode } from './errors.js';
import type { EndedRun, FinishReason, RunEnding, Usage } from './run.js';
import { cutText, type TokenChunk } from './token-chunk.js';

/** What is journalled of a run and shown to every reader: tokens, at most one error, exactly one end, which comes last. */
export type RunEvent = TokenChunk | RunFailure | RunEnd;

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
