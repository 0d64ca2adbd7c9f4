import { type Fields, isFields } from '../../../../domain/fields.js';

type Reviver = (name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** The JSON of an event's data; undefined where it is none. The parser's error quotes its input, so it is not kept. */
export function parseData(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}

/** The same, where a number is the text it was written with: a parser makes 1 of `1.0`. */
export function parseAsWritten(text: string): unknown {
  return parseData(text, (_name, value, context) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );
}

/** Whether a number stands where text is meant. */
export function hasNumberForText({ delta, message, text }: Fields): boolean {
  return (
    holdsNumber(contentOf(delta)) ||
    (message !== undefined && holdsNumber(contentOf(message))) ||
    typeof text === 'number'
  );
}

function contentOf(delta: unknown): unknown {
  return isFields(delta) ? delta.content : undefined;
}

function holdsNumber(content: unknown, depth = 0): boolean {
  if (typeof content !== 'object' || content === null || depth > DEEPEST) return typeof content === 'number';
  return Object.values(content).some((part) => holdsNumber(part, depth + 1));
}

const DEEPEST = 4;
const NONE: readonly unknown[] = [];

/** A server that answers with one choice may leave out the list, or all but the message. */
export function choicesOf(chunk: Fields): readonly unknown[] {
  const { choices } = chunk;
  if (Array.isArray(choices) && choices.length > 0) return choices;
  const { message } = chunk;
  if (isFields(choices) && (choices.delta ?? choices.message) !== undefined) return [choices];
  return isFields(message) && (message.content ?? message.tool_calls) !== undefined ? [chunk] : NONE;
}

/** One answer was asked for. Of a server that sends several, the first is heard: the one with index 0 where they come
 *  together, else the one that came first. `heard` is its index, once there is one. */
export function choiceOf(choices: readonly unknown[], heard: number | undefined): Fields | undefined {
  const [only] = choices;
  if (choices.length === 1) return isFields(only) && isHeard(only, heard) ? only : undefined;
  return [...choices].sort(byIndex).find((choice): choice is Fields => isFields(choice) && isHeard(choice, heard));
}

function isHeard(choice: Fields, heard: number | undefined): boolean {
  const index = indexOf(choice);
  return index === heard || index === undefined || heard === undefined;
}

/** Undefined where it has none that can be read, and so may be any. */
export function indexOf({ index }: Fields): number | undefined {
  if (typeof index === 'number') return index;
  return typeof index === 'string' && /^\s*\d+\s*$/.test(index) ? Number(index) : undefined;
}

function byIndex(one: unknown, other: unknown): number {
  return rankOf(one) - rankOf(other);
}

function rankOf(choice: unknown): number {
  const index = isFields(choice) ? (indexOf(choice) ?? 0) : 0;
  return index < 0 ? Number.MAX_VALUE : index;
}
