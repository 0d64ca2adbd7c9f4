import { type Fields, isFields } from './fields.js';
import { isDeeperThan } from './json-depth.js';

/** One use of a tool that a model asked for. */
export interface ToolCall {
  /** Its name in its session: what the result is told by. */
  readonly callId: string;
  readonly toolName: string;
  readonly arguments: Fields;
}

/** What a model wrote for arguments; undefined where it is no JSON object, or one so deep that it cannot be written
 *  again. */
export function readArguments(text: string): Fields | undefined {
  const value = parsed(text);
  return isFields(value) && !isDeeperThan(MOST_LEVELS, value) ? value : undefined;
}

const MOST_LEVELS = 200;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
