/** What was seen of the turns with tools, which have sessions of their own. */
export interface ToolTrace {
  readonly prompts: readonly ToolPrompt[];
  readonly sightings: readonly SeenCall[];
  readonly posts: readonly ToolPost[];
  /** How everything stood when it was quiet again. */
  readonly sessions: readonly ToolSession[];
}

/** What the model was asked. */
export interface ToolPrompt {
  readonly session: string;
  readonly messages: readonly PromptEntry[];
}

export interface PromptEntry {
  readonly role: string;
  readonly content: string;
  /** Those that an assistant asked for. */
  readonly calls: readonly string[];
  /** The call that this is the result of. */
  readonly resultOf: string | undefined;
}

/** A call that a client saw open. */
interface SeenCall {
  readonly session: string;
  readonly callId: string;
  readonly expiresAt: number;
}

/** What a client sent, and what came back. */
export interface ToolPost {
  readonly session: string;
  readonly what: 'message' | 'result' | 'decision' | 'cancel';
  readonly callId: string | undefined;
  /** What the model is to be told, where it is a result. */
  readonly result: string | undefined;
  readonly sentAt: number;
  readonly status: number | undefined;
  readonly code: string | undefined;
}

export interface ToolSession {
  readonly id: string;
  readonly status: string;
  readonly messageCount: number;
  readonly messages: readonly ToolMessage[];
  readonly runs: readonly ToolRun[];
}

export interface ToolMessage extends PromptEntry {
  readonly status: string;
  readonly run: string;
  readonly createdAt: number;
}

export interface ToolRun {
  readonly id: string;
  readonly finishReason: string | undefined;
  /** The calls in its journal. */
  readonly calls: readonly string[];
}

/** What tool clients note. */
export interface ToolObservations {
  readonly sightings: SeenCall[];
  readonly posts: ToolPost[];
}
