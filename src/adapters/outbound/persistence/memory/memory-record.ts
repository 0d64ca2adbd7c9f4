import type { Message } from '../../../../domain/message.js';
import type { Run, StopCause } from '../../../../domain/run.js';
import type { KeptJournal } from './memory-journal-budget.js';
import type { MemoryStopRequest } from './memory-stop-request.js';

export interface SessionRecord {
  readonly id: string;
  readonly createdAt: Date;
  updatedAt: Date;
  /** When it got its last message, or the end of its last answer. */
  usedAt: number;
  /** Ended and active turns, then the queue. */
  readonly turns: RunRecord[];
  readonly keys: Map<string, { readonly run: RunRecord; readonly keptUntil: number }>;
  active: RunRecord | undefined;
  messageCount: number;
  /** What it takes in memory, about. */
  bytes: number;
}

export interface RunRecord extends KeptJournal {
  run: Run;
  answer: Message | undefined;
  readonly session: SessionRecord;
  /** The run that this process was given when this one ended. */
  next: RunRecord | undefined;
  readonly stop: MemoryStopRequest;
  /** When its writer is taken for lost, unless heard of before. */
  leaseUntil: number;
}

/** The first cause counts. */
export function askToStop(record: RunRecord, cause: StopCause): void {
  record.run = { ...record.run, stopCause: record.run.stopCause ?? cause };
  record.stop.ask(cause);
}

/** The queue: what stands behind the active turn, those that were cancelled there left out. */
export function queueOf({ turns, active }: SessionRecord): readonly RunRecord[] {
  if (active === undefined) return [];
  return turns.slice(turns.lastIndexOf(active) + 1).filter(({ run }) => run.status === 'queued');
}
