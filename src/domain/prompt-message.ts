import type { Fields } from './fields.js';
import type { ToolCall } from './tool-call.js';

/** What a model is told, message by message: each role with what belongs to it. */
export type PromptMessage = (SpokenMessage | AssistantMessage | ToolMessage) & Written;

interface Written {
  /** As a client wrote it in OpenAI's form: models that are asked in that form get it so. */
  readonly written?: Fields;
}

interface SpokenMessage {
  readonly role: 'system' | 'developer' | 'user';
  readonly content: string;
}

/** What the model itself wrote. */
interface AssistantMessage {
  readonly role: 'assistant';
  /** May be empty beside calls. */
  readonly content: string;
  /** In their order; undefined and empty mean the same. Each has its result behind this message. */
  readonly toolCalls?: readonly ToolCall[];
}

/** The result of a call, in words for the model. */
interface ToolMessage {
  readonly role: 'tool';
  readonly callId: string;
  readonly content: string;
}
