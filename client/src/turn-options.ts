import type { ReadOptions } from './read-options.js';
import type { Arguments, Frame, OpenCall } from './wire.js';

/** What it returns is told to the model; what it throws is told as an error. */
export type Tool = (args: Arguments, context: { readonly signal: AbortSignal; readonly call: OpenCall }) => unknown;

/** `true` allows a call, `edit` with other arguments. */
export type Approval = boolean | { readonly reject: string } | { readonly edit: Arguments };

export interface TurnOptions extends ReadOptions {
  /** By name. */
  readonly tools?: Readonly<Record<string, Tool>> | undefined;
  /** For a call of any other tool. Without it, that stays open. */
  readonly otherwise?: Tool | undefined;
  /** Asked of one call at a time. Without it, a call that needs approval stays open. */
  readonly approve?: ((call: OpenCall) => Approval | Promise<Approval>) | undefined;
  /** Hears each frame of every run of the turn. */
  readonly onFrame?: ((frame: Frame) => void) | undefined;
}
