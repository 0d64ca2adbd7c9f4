import type { Arguments } from 'agent-runtime/client';

export interface ToolCall {
  readonly call_id: string;
  readonly tool_name: string;
  readonly arguments: Arguments;
}

/** A message as the page shows it: one of the history, or one that is on its way there. */
export interface Said {
  readonly id: string;
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** `writing` while it grows, else as in the history. */
  readonly status: string;
  readonly run_id: string;
  readonly reasoning?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly call_id?: string;
  readonly tool_name?: string;
}

/** Where the turn of a message begins: its user message. */
export function turnOf(messages: readonly Said[], at: number): number {
  return messages.findLastIndex(({ role }, index) => index <= at && role === 'user');
}
