import type { Message } from './message.js';
import type { ToolCall } from './tool-call.js';

/** What a prompt holds of the history. */
export interface PromptContext {
  /** The new one among them. */
  readonly messages: number;
  /** Those that did not fit. */
  readonly leftOut: number;
  /** With the instructions; undefined where nobody limits them. */
  readonly tokens: number | undefined;
}

/** What a model needs besides the text of a message, to know who says it. */
export const MESSAGE_TOKENS = 4;

/** The latest turns that fit into `room`, whole ones only. The last one is always among them. */
export function latestFitting<Turn>(turns: readonly Turn[], tokensOf: (turn: Turn) => number, room: number): Turn[] {
  let left = room;
  const fitting = turns.toReversed().findIndex((turn, index) => {
    left -= tokensOf(turn);
    return index > 0 && left < 0;
  });
  return fitting === -1 ? [...turns] : turns.slice(turns.length - fitting);
}

/** The turns without half of those in front. */
export function laterHalf<Turn>(turns: readonly Turn[]): Turn[] {
  return turns.slice(Math.floor(turns.length / 2));
}

/** What of a message is counted. */
export function countedText({ content, calls = [] }: Message): string {
  return calls.length === 0 ? content : content + JSON.stringify(calls.map(toldOf));
}

function toldOf({ toolName, arguments: given, providerData }: ToolCall): unknown {
  return [toolName, given, ...(providerData === undefined ? [] : [providerData])];
}
