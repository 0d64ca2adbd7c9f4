import type { AgentRuntime, UserMessage } from 'agent-runtime/client';
import type { RunRecords } from './run-records.js';

/** What a conversation needs of the page around it. */
export interface ConversationOptions {
  readonly sessionId: string;
  readonly runtime: AgentRuntime;
  readonly records: RunRecords;
  /** What is seen has changed. */
  readonly changed: () => void;
  /** The answer is a little longer; this happens often. */
  readonly grown: () => void;
  /** Something has happened that the list of sessions and other tabs want to know. */
  readonly happened: () => void;
  /** The key was refused. */
  readonly refused: () => void;
  /** Who is to answer this, and with what. */
  readonly choice: (content: string) => Pick<UserMessage, 'agent' | 'tools'>;
}
