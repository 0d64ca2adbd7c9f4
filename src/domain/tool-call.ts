import { type Fields, isFields } from './fields.js';
import { isDeeperThan } from './json-depth.js';

/** One use of a tool that a model asked for. */
export interface ToolCall {
  /** Its name in its session: what the result is told by. */
  readonly callId: string;
  readonly toolName: string;
  readonly arguments: Fields;
  /** What its model is to be given back with it. */
  readonly providerData?: ProviderData | undefined;
}

/** What a model sent with a call and wants to be given back, in its provider's own form: the signature of its thoughts,
 *  or its reasoning. */
export interface ProviderData {
  /** Whose it is, as its provider calls it: no other model is given it. */
  readonly model: string;
  /** Of the call itself. */
  readonly call?: Fields | undefined;
  /** Of the answer that asks for the call, if it is the first one that it asks for. */
  readonly message?: Fields | undefined;
}

/** All that was written with a call but its name: what it takes to keep, and to tell. */
export function writtenWith({ arguments: given, providerData }: ToolCall): string {
  return JSON.stringify(given) + (providerData === undefined ? '' : JSON.stringify(providerData));
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
