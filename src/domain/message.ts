import type { FinishReason, Run } from './run.js';

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
}

/** The user message that started a run. */
export function userMessage(run: Run): Message {
  return { role: 'user', content: run.request.content, status: 'complete', runId: run.id, createdAt: run.createdAt };
}

/** What an ended run wrote; undefined when it wrote nothing, for an answer without a word is no message. */
export function assistantMessage(run: Run, text: string): Message | undefined {
  if (text === '' || run.finishReason === undefined || run.endedAt === undefined) return undefined;
  return { role: 'assistant', content: text, status: STATUS[run.finishReason], runId: run.id, createdAt: run.endedAt };
}

const STATUS: Record<FinishReason, MessageStatus> = {
  stop: 'complete',
  length: 'incomplete',
  content_filter: 'incomplete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};
