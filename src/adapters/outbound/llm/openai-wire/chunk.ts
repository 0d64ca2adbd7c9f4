/** A `chat.completion.chunk`, or a whole `chat.completion`. Servers differ in what they leave out, so nothing is required. */
export interface Chunk {
  readonly object?: unknown;
  readonly error?: unknown;
  readonly choices?: readonly Choice[] | null | undefined;
  readonly usage?: unknown;
  /** Of a report that has no `error`. */
  readonly code?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
}

interface Choice {
  readonly index?: number | null | undefined;
  readonly delta?: Delta | null | undefined;
  /** In place of a delta where the server answers whole. */
  readonly message?: Delta | null | undefined;
  readonly finish_reason?: string | null | undefined;
  readonly error?: unknown;
}

export interface Delta {
  readonly content?: string | null | undefined;
  readonly refusal?: string | null | undefined;
}

export interface ChunkUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens?: number | null | undefined;
  readonly total_tokens?: number | null | undefined;
}

/** By hand, since every token passes here: a schema takes a third of the time that the parsing of its JSON does. A test holds this
 *  equal to the schema. */
export function isChunk(value: unknown): value is Chunk {
  if (!isObject(value)) return false;
  const { choices } = value;
  return isMissing(choices) || (Array.isArray(choices) && choices.every(isChoice));
}

/** An odd usage costs the usage, never the answer. */
export function isUsage(value: unknown): value is ChunkUsage {
  if (!isObject(value)) return false;
  const { prompt_tokens, completion_tokens, total_tokens } = value;
  return (
    isCount(prompt_tokens) &&
    (isMissing(completion_tokens) || isCount(completion_tokens)) &&
    (isMissing(total_tokens) || isCount(total_tokens))
  );
}

function isChoice(value: unknown): value is Choice {
  if (!isObject(value)) return false;
  const { index, delta, message, finish_reason } = value;
  return (
    (isMissing(index) || Number.isFinite(index)) &&
    (isMissing(delta) || isDelta(delta)) &&
    (isMissing(message) || isDelta(message)) &&
    isText(finish_reason)
  );
}

function isDelta(value: unknown): value is Delta {
  return isObject(value) && isText(value.content) && isText(value.refusal);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return isMissing(value) || typeof value === 'string';
}

function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
