import { firstCharacters, firstLineOf } from './cut-text.js';
import type { Message } from './message.js';
import { type JournalledReply, lastWritten } from './reply-step.js';
import type { RunEnding, TakenBack, Usage } from './run.js';
import { sumOf } from './usage-sum.js';

/** What a list shows of a history. It is kept in the session's head, so that nobody has to read a history for it. */
export interface Outline {
  /** What its first message says; undefined where there is none. */
  readonly title: string | undefined;
  /** How the last message begins whose turn has come. */
  readonly last: string;
  /** How each message begins that waits, by its run. */
  readonly waiting: Readonly<Record<string, string>>;
  /** Of all its runs, also of those that were taken back. */
  readonly usage: Usage;
}

const TITLE_CHARACTERS = 60;
const PREVIEW_CHARACTERS = 120;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
export const NOTHING_OUTLINED: Outline = { title: undefined, last: '', waiting: {}, usage: NO_USAGE };

/** The title of a history that begins with this message. */
export function titleFrom(content: string): string {
  return firstCharacters(firstLineOf(content), TITLE_CHARACTERS);
}

function previewOf(content: string): string {
  return firstCharacters(content, PREVIEW_CHARACTERS);
}

/** Of messages as they were read: the first and the last one of those whose turn has come, and those that wait. */
export function outlineOf(
  first: Message | undefined,
  last: Message | undefined,
  waiting: readonly Message[],
): Omit<Outline, 'usage'> {
  const words = waiting.map(({ runId, content }) => [runId, previewOf(content)]);
  return {
    title: first && titleFrom(first.content),
    last: last === undefined ? '' : previewOf(last.content),
    waiting: Object.fromEntries(words),
  };
}

/** With a message that waits for its turn, be it for no time at all. */
export function withWaitingWord(outline: Outline, runId: string, content: string): Outline {
  const waiting = { ...outline.waiting, [runId]: previewOf(content) };
  return { ...outline, title: outline.title ?? titleFrom(content), waiting };
}

/** The turns of these have come, or have passed, in this order. */
export function withBegunWords(outline: Outline, runIds: readonly string[]): Outline {
  const begun = Object.entries(outline.waiting).filter(([runId]) => runIds.includes(runId));
  const last = begun.toSorted(([left], [right]) => runIds.indexOf(left) - runIds.indexOf(right)).at(-1)?.[1];
  return { ...withoutWaitingWords(outline, runIds), last: last ?? outline.last };
}

/** Messages that waited were never said. */
export function withoutWaitingWords(outline: Outline, runIds: readonly string[]): Outline {
  const waiting = Object.entries(outline.waiting).filter(([runId]) => !runIds.includes(runId));
  return { ...outline, waiting: Object.fromEntries(waiting) };
}

/** With what a run has written when it ends. */
export function withReply(outline: Outline, { usage }: RunEnding, reply: JournalledReply): Outline {
  const sum = usage === undefined ? outline.usage : sumOf(outline.usage, usage);
  return { ...withLastOf(outline, reply), usage: sum };
}

/** The last message is now the last one of this run, where it has written any. */
export function withLastOf(outline: Outline, reply: JournalledReply): Outline {
  const content = lastWritten(reply);
  return content === undefined ? outline : { ...outline, last: previewOf(content) };
}

/** A message has taken turns back. Undefined where an older version placed it, and nobody knows what stands before. */
export function outlineFrom({ title }: Pick<TakenBack, 'title'>, outline: Outline): Outline | undefined {
  return title === undefined ? undefined : { ...outline, title };
}

/** How the last message of all begins; `queue` has those that wait, in the order of their turns. */
export function lastOf({ waiting, last }: Outline, queue: readonly string[]): string {
  return waiting[queue.at(-1) ?? ''] ?? last;
}
