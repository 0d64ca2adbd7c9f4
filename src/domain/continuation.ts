import type { ToolCall } from './tool-call.js';

/** Where a run stands in its turn that is not its first one. */
export interface Continuation {
  /** The run before it, which asked for the calls that are settled now. */
  readonly after: string;
  /** The run that the turn began with. */
  readonly turn: string;
  /** How often the model was asked in this turn before. */
  readonly steps: number;
  /** Calls that a person has allowed, for this run to make: servers run them. */
  readonly allowed?: readonly ToolCall[] | undefined;
}
