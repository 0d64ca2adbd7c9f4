import { blamesMessage } from './llm-failures.js';
import { type FinishReason, isEnded, type Run } from './run.js';

export type Role = 'user' | 'assistant';
type MessageStatus = 'complete' | 'incomplete' | 'cancelled' | 'interrupted' | 'failed';

/** One entry of a session's history. */
export interface Message {
  readonly role: Role;
  readonly content: string;
  readonly status: MessageStatus;
  /** The run that this message started, or that wrote it. */
  readonly runId: string;
  readonly createdAt: Date;
  /** The provider refused the turn for what it says: every prompt with it would be refused. */
  readonly isRefused: boolean;
}

/** What names a message: it never changes, and a run has one of each role. */
export interface MessageId {
  readonly runId: string;
  readonly role: Role;
}

/** The user message that started a run. */
export function userMessage(run: Run): Message {
  const { id: runId, request, createdAt } = run;
  return { role: 'user', content: request.content, status: 'complete', runId, createdAt, isRefused: isRefused(run) };
}

/** What an ended run wrote; undefined when it wrote nothing, for an answer without a word is no message. */
export function assistantMessage(run: Run, text: string): Message | undefined {
  if (text === '' || !isEnded(run)) return undefined;
  const { id: runId, finishReason, endedAt: createdAt } = run;
  const status = STATUS[finishReason];
  return { role: 'assistant', content: text, status, runId, createdAt, isRefused: isRefused(run) };
}

/** By its ending alone, which is what a store keeps of it. */
function isRefused({ finishReason, error }: Run): boolean {
  return finishReason === 'content_filter' || (error !== undefined && blamesMessage(error.code));
}

const STATUS: Record<FinishReason, MessageStatus> = {
  stop: 'complete',
  length: 'incomplete',
  content_filter: 'incomplete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};
