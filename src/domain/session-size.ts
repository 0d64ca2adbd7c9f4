import { isBlank } from './blank.js';
import { isBlankAnswer, type Message, refusesTurn } from './message.js';
import {
  NOTHING_OUTLINED,
  type Outline,
  outlineFrom,
  withBegunWords,
  withLastOf,
  withoutWaitingWords,
  withReply,
  withWaitingWord,
} from './outline.js';
import { type CallResult, type JournalledReply, messagesIn, type ReplyStep, textBehindSteps } from './reply-step.js';
import type { RunEnding, TakenBack } from './run.js';
import { utf8Length } from './token-chunk.js';
import { type ToolCall, writtenWith } from './tool-call.js';

/** What the history of a session takes, and what it shows. It is kept in the session's head, so that nobody has to read
 *  a history to know it. */
export interface SessionSize {
  /** UTF-8 of all its messages, those that wait included. */
  readonly bytes: number;
  /** How many of its messages no prompt holds, for what they say. */
  readonly untold: number;
  /** The bytes of each message that waits, by its run. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Undefined where an older version made the step before: it does not take this along. */
  readonly outline?: Outline | undefined;
}

/** What stands before the place of a message. */
export type SizeBefore = Pick<TakenBack, 'bytesBefore' | 'untoldBefore' | 'title'>;

export const NOTHING_SAID: SessionSize = { bytes: 0, untold: 0, waiting: {}, outline: NOTHING_OUTLINED };

/** Of messages as they were read, for a session whose head was kept before there were sizes. */
export function measuredWith(size: SessionSize, message: Message, waits: boolean): SessionSize {
  const bytes = utf8Length(message.content) + bytesOfCalls(message.calls);
  const waiting = waits ? { ...size.waiting, [message.runId]: bytes } : size.waiting;
  return { ...size, bytes: size.bytes + bytes, untold: size.untold + (isUntold(message) ? 1 : 0), waiting };
}

/** Whether a message is left out of prompts by itself: the provider refused its turn, or nothing was answered. */
export function isUntold(message: Message): boolean {
  return message.isRefused || isBlankAnswer(message);
}

/** With a message that waits for its turn, be it for no time at all. */
export function withWaiting(size: SessionSize, runId: string, content: string): SessionSize {
  const own = utf8Length(content);
  const outline = size.outline && withWaitingWord(size.outline, runId, content);
  return { ...size, bytes: size.bytes + own, waiting: { ...size.waiting, [runId]: own }, outline };
}

/** The turns of these have come, or have passed. */
export function withBegun(size: SessionSize, runIds: readonly string[]): SessionSize {
  return { ...withNoneOf(size, runIds), outline: size.outline && withBegunWords(size.outline, runIds) };
}

function withNoneOf(size: SessionSize, runIds: readonly string[]): SessionSize {
  const waiting = Object.entries(size.waiting).filter(([runId]) => !runIds.includes(runId));
  return { ...size, waiting: Object.fromEntries(waiting) };
}

/** With what a run has written when it ends. */
export function withWritten(
  size: SessionSize,
  ending: RunEnding,
  text: string,
  steps: readonly ReplyStep[],
): SessionSize {
  const rest = textBehindSteps({ text, steps });
  const blank = rest !== '' && isBlank(rest) ? 1 : 0;
  const untold = size.untold + (refusesTurn(ending) ? 1 + messagesIn(text, steps) : blank);
  const bytes = size.bytes + utf8Length(text) + bytesOfCalls(steps.flatMap(({ calls }) => calls));
  const outline = size.outline && withReply(size.outline, ending, { text, steps });
  return withBytesOf(
    { ...size, bytes, untold, outline },
    steps.flatMap(({ results }) => results),
  );
}

/** With what became of calls of the last run that has written; `reply` has these results, too. */
export function withResultsOf(size: SessionSize, results: readonly CallResult[], reply: JournalledReply): SessionSize {
  return { ...withBytesOf(size, results), outline: size.outline && withLastOf(size.outline, reply) };
}

function withBytesOf(size: SessionSize, results: readonly CallResult[]): SessionSize {
  return { ...size, bytes: results.reduce((sum, { content }) => sum + utf8Length(content), size.bytes) };
}

function bytesOfCalls(calls: readonly ToolCall[] = []): number {
  return calls.reduce((sum, call) => sum + utf8Length(writtenWith(call)), 0);
}

/** A message that waited was never said. */
export function withoutWaiting(size: SessionSize, runId: string): SessionSize {
  const bytes = size.bytes - (size.waiting[runId] ?? 0);
  const outline = size.outline && withoutWaitingWords(size.outline, [runId]);
  return { ...withNoneOf(size, [runId]), bytes, outline };
}

/** What is left when all goes that stood from a place on, but for these, which wait. Undefined where nobody knows what
 *  stood before. */
export function sizeFrom(before: SizeBefore, size: SessionSize, left: readonly string[]): SessionSize | undefined {
  const { bytesBefore, untoldBefore } = before;
  if (bytesBefore === undefined || untoldBefore === undefined) return undefined;
  const kept = left.reduce((sum, runId) => sum + (size.waiting[runId] ?? 0), 0);
  const outline = size.outline && outlineFrom(before, size.outline);
  return { bytes: bytesBefore + kept, untold: untoldBefore, waiting: size.waiting, outline };
}
