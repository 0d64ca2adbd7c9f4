import type { MessageId } from './message.js';

/** How many tokens messages have. A run counts its own message and those before it that nobody has counted yet, and
 *  keeps the counts, so that no other process counts them again. */
export interface TokenCounts {
  /** Who counted: another tokenizer comes to other numbers. */
  readonly by: string;
  /** By `countKey`. */
  readonly of: Readonly<Record<string, number>>;
}

/** A run that comes to a long history without counts keeps the latest: those behind it keep the rest. */
export const MAX_COUNTS = 100;

export function countKey({ runId, role, index }: MessageId): string {
  return `${runId}.${role}.${index}`;
}
