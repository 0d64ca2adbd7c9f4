/** Whether a person has to agree before a tool is used. */
export const APPROVALS = ['always', 'never'] as const;

type Approval = (typeof APPROVALS)[number];

/** What a model is told of a tool. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string | undefined;
  /** A JSON Schema of its arguments, which are an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether arguments are to keep to the schema to the letter; undefined where nobody said. */
  readonly strict?: boolean | undefined;
}

/** Whether a model uses tools: as it likes, not at all, at least one, or the one of that name. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** A tool that is offered to a model. */
export interface Tool extends ToolDefinition {
  readonly approval: Approval;
  /** Who runs it; undefined where that is the client. */
  readonly servedBy?: ServedBy | undefined;
}

/** A tool as its server names it. */
export interface ServedBy {
  readonly server: string;
  readonly tool: string;
}

/** A tool that a server offers. */
export interface ServedTool extends ServedBy {
  readonly description: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A server of tools. */
export interface ToolServer {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** By patterns of its tools' own names; the last that matches counts. */
  readonly approval: readonly { readonly pattern: string; readonly approval: Approval }[];
}

/** How long a call may stay open, in seconds. */
export interface CallTimeouts {
  readonly client: number;
  readonly approval: number;
  readonly server: number;
}

/** What agents may use. */
export interface Toolbox {
  readonly tools: readonly Tool[];
  readonly servers: readonly ToolServer[];
  readonly callTimeouts: CallTimeouts;
}

/** What a tool and a server of tools may be called. */
export const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The nearest name that a tool can have: strict servers refuse any other in a prompt, also where a model made it
 *  up. */
export function toolNameFrom(text: string): string {
  return text
    .trim()
    .replace(/[^A-Za-z0-9_-]/gu, '_')
    .slice(0, 64);
}

/** Whether a name fits a pattern, in which `*` stands for any letters, or none. */
export function matchesPattern(name: string, pattern: string): boolean {
  const letters = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${letters.join('.*')}$`, 's').test(name);
}
