import type { Fields } from '../../domain/fields.js';
import type { ServedBy, ServedTool } from '../../domain/tool.js';

/** Servers that offer tools and run them. */
export interface ToolServers {
  /** The tools of all servers that are there now. */
  offered(): readonly ServedTool[];

  /** Has a server run a tool: once, or not at all. Whatever goes wrong with it, the server being away included, is a
   *  result with status `error`. Throws the reason of `signal` when it aborts meanwhile, and tells the server. */
  call(tool: ServedBy, given: Fields, signal: AbortSignal): Promise<ServedResult>;

  /** No call is made after this. */
  close(): Promise<void>;
}

export interface ServedResult {
  readonly status: 'ok' | 'error';
  /** What the model is told. */
  readonly content: string;
}
