import type { Arguments, Json } from './wire.js';

export interface ModelOptions {
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly topP?: number;
  readonly stop?: string | readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: string;
}

/** In OpenAI's form. */
export interface OfferedTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: { readonly [keyword: string]: unknown };
  };
  readonly approval?: 'always' | 'never';
}

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };

/** What may be said with everything that is sent. */
interface Choice {
  readonly sessionId: string;
  readonly onBusy?: 'reject' | 'queue' | 'interrupt';
  readonly onDisconnect?: 'continue' | 'cancel';
  readonly agent?: string;
  readonly agentType?: string;
  readonly model?: string;
  readonly options?: ModelOptions;
  readonly include?: readonly ('reasoning' | 'tool_arguments' | 'usage')[];
  readonly tools?: readonly OfferedTool[];
  readonly toolChoice?: ToolChoice;
}

export interface UserMessage extends Choice {
  readonly type?: 'user_message' | 'switch_agent';
  /** May be left out beside `replaces`: the same is asked again. */
  readonly content?: string;
  /** The id of a run whose turn is taken back. */
  readonly replaces?: string;
  /** Why the agent is switched. */
  readonly reason?: string;
}

interface GivenResult {
  readonly callId: string;
  readonly result?: Json;
  readonly error?: string;
}

export interface ToolResult extends Choice {
  readonly type: 'tool_result';
  readonly callId?: string;
  readonly result?: Json;
  readonly error?: string;
  /** Several at once: all of them or nothing. */
  readonly results?: readonly GivenResult[];
}

export interface HitlDecision extends Choice {
  readonly type: 'hitl_decision';
  readonly callId: string;
  readonly decision: 'approve' | 'edit' | 'reject';
  readonly modifiedArguments?: Arguments;
  readonly feedback?: string;
}

export type Message = UserMessage | ToolResult | HitlDecision;

/** As the wire has it. What the user gives in a form of its own (tools, results, arguments) stays as it is. */
export function bodyOf(message: Message): string {
  const { options, ...rest } = message;
  const results = 'results' in rest && rest.results !== undefined ? { results: rest.results.map(onTheWire) } : {};
  return JSON.stringify({
    type: 'user_message',
    ...onTheWire(rest),
    ...results,
    ...(options !== undefined && { options: onTheWire(options) }),
  });
}

function onTheWire(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
