/** What comes from the wire, under the names that it has there. New fields may appear in all of it. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Arguments = { readonly [name: string]: Json };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'cancelled' | 'interrupted' | 'error';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

interface OfRun {
  /** `<run>-<number>`, what `after` takes. Frames that no run wrote have none. */
  readonly id?: string;
}

export interface TokenFrame extends OfRun {
  readonly type: 'assistant_message';
  readonly token: string;
  readonly is_final: boolean;
  /** In the ending; absent there where the model was done. */
  readonly finish_reason?: FinishReason;
}

export interface ReasoningFrame extends OfRun {
  readonly type: 'reasoning';
  readonly token: string;
  readonly is_final: false;
}

export interface ToolCallArgumentsFrame extends OfRun {
  readonly type: 'tool_call_arguments';
  readonly call_id: string;
  readonly tool_name: string;
  /** A piece of JSON. */
  readonly arguments: string;
  readonly is_final: false;
}

export interface ToolCallFrame extends OfRun {
  readonly type: 'tool_call';
  readonly call_id: string;
  readonly tool_name: string;
  readonly arguments: Arguments;
  readonly requires_approval: boolean;
  readonly is_final: false;
}

export interface ToolResultFrame extends OfRun {
  readonly type: 'tool_result';
  readonly call_id: string;
  readonly tool_name: string;
  readonly status: string;
  readonly content: string;
  readonly is_final: false;
}

export interface UsageFrame extends OfRun, Usage {
  readonly type: 'usage';
  readonly is_final: false;
}

export interface AgentSwitchedFrame extends OfRun {
  readonly type: 'agent_switched';
  readonly content: string;
  readonly metadata: { readonly from_agent: string; readonly to_agent: string; readonly reason?: string };
  readonly is_final: false;
}

export interface ErrorFrame extends OfRun {
  readonly type: 'error';
  readonly code: string;
  readonly error: string;
  readonly retryable: boolean;
  readonly is_final: false;
}

export type Frame =
  | TokenFrame
  | ReasoningFrame
  | ToolCallArgumentsFrame
  | ToolCallFrame
  | ToolResultFrame
  | UsageFrame
  | AgentSwitchedFrame
  | ErrorFrame;

export interface OpenCall {
  readonly call_id: string;
  readonly tool_name: string;
  readonly arguments: Arguments;
  readonly state: 'open' | 'awaiting_approval';
  readonly run_id?: string;
  readonly expires_at?: string;
}

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface Run {
  readonly run_id: string;
  readonly session_id: string;
  readonly status: 'queued' | 'running' | 'completed' | 'cancelled' | 'interrupted' | 'failed';
  readonly finish_reason: FinishReason | null;
  readonly attempts: number;
  readonly model: string | null;
  /** What was put before the model; null where nobody was asked. */
  readonly context: { readonly messages: number; readonly left_out: number; readonly tokens: number | null } | null;
  readonly usage: Usage | null;
  readonly error: RunError | null;
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly open_calls: readonly OpenCall[];
}

export type Metadata = { readonly [key: string]: string | number | boolean };

export interface Session {
  readonly session_id: string;
  readonly title: string;
  readonly title_set: boolean;
  readonly status: 'idle' | 'running' | 'waiting';
  readonly agent: string;
  readonly metadata: Metadata;
  readonly preview: string;
  readonly usage: Usage;
  readonly user_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly message_count: number;
  readonly active_run_id: string | null;
  /** Only where one session is asked for. */
  readonly open_calls?: readonly OpenCall[];
}

export interface SessionMessage {
  readonly id: string;
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly status: string;
  readonly run_id: string;
  readonly created_at: string;
  readonly tool_calls?: readonly {
    readonly call_id: string;
    readonly tool_name: string;
    readonly arguments: Arguments;
  }[];
  readonly call_id?: string;
  readonly tool_name?: string;
}

export interface MessagePage {
  readonly messages: readonly SessionMessage[];
  /** Where a `limit` was given: what the page before this one takes as `before`. */
  readonly next_before?: string | null;
}

export interface Agent {
  readonly name: string;
  readonly description: string | null;
  readonly model: string;
  readonly tools: readonly string[];
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly context_length: number | null;
  readonly is_available: boolean;
}
