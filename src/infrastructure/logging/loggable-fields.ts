import { types } from 'node:util';
import type { LogFields } from '../../application/ports/logger.js';

/** What a log line may hold: plain, small, and without secrets. */
export type LoggableValue =
  | string
  | number
  | boolean
  | null
  | readonly LoggableValue[]
  | { readonly [name: string]: LoggableValue };
export type LoggableFields = Readonly<Record<string, LoggableValue>>;

/** The fields as plain data that is safe to write: secrets redacted, circles cut, a bounded size whatever was given. */
export function loggableFields(fields: LogFields): LoggableFields {
  try {
    return new FieldReader().entriesOf(fields);
  } catch {
    return { fields: '[unreadable]' };
  }
}

/** The text with secrets redacted, cut to a bounded length. */
export function loggableText(text: string): string {
  const cut = text.slice(0, MAX_TEXT);
  const clean = MAY_HOLD_SECRET.test(cut) ? withoutSecrets(cut) : cut;
  return text.length > MAX_TEXT ? `${clean}… (${text.length - MAX_TEXT} more)` : clean;
}

const MAX_TEXT = 4_000;
const MAX_NAME = 100;
const MAX_ENTRIES = 50;
const MAX_DEPTH = 5;
/** Characters in one line's fields, every value counting some for itself: wide and deep objects end here. */
const MAX_SIZE = 32_000;
const VALUE_SIZE = 16;

const REDACTED = '[redacted]';
const SECRET_NAME = /key|auth|token|secret|passw|credential|cookie|header|content|prompt/i;
/** Of these a number is a count (tokens, contentLength) and worth reading; of a password it is not. */
const COUNTABLE_NAME = /key|token|content|prompt/i;

const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\bbearer\s+[^\s"',]+/gi, `Bearer ${REDACTED}`],
  [/\bsk-[\w*.-]{8,}/g, REDACTED],
  [/:\/\/[^\s/@]+@/g, `://${REDACTED}@`],
];

/** A part of each of them, told in one look: ids and words hold none. */
const MAY_HOLD_SECRET = /bearer|sk-|@/i;

function withoutSecrets(text: string): string {
  return SECRETS_IN_TEXT.reduce((result, [secret, replacement]) => result.replace(secret, replacement), text);
}

/** Reads one line's fields. Only plain objects and arrays are walked: whatever else an object carries (a request, an
 *  upstream error's configuration, a stored message) may hold what no log should. */
class FieldReader {
  private left = MAX_SIZE;
  private readonly ancestors: object[] = [];

  entriesOf(source: object): LoggableFields {
    const names = Object.keys(source);
    const entries = this.entries(source, names.length > MAX_ENTRIES ? names.slice(0, MAX_ENTRIES) : names);
    if (names.length > MAX_ENTRIES) entries.push(['…', names.length - MAX_ENTRIES]);
    return Object.fromEntries(entries);
  }

  private entries(source: object, names: readonly string[]): [string, LoggableValue][] {
    const entries: [string, LoggableValue][] = [];
    for (const name of names) {
      const value = this.property(source, name);
      if (value !== undefined) entries.push([name.slice(0, MAX_NAME), value]);
    }
    return entries;
  }

  private property(source: object, name: string): LoggableValue | undefined {
    try {
      const value: unknown = Reflect.get(source, name);
      return mustBeRedacted(name, value) ? REDACTED : this.value(value);
    } catch {
      return '[unreadable]';
    }
  }

  private value(value: unknown): LoggableValue | undefined {
    if (this.left <= 0) return '[too much]';
    this.left -= VALUE_SIZE;
    if (typeof value === 'string') return this.text(value);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    return typeof value === 'object' ? this.nested(value) : otherPrimitive(value);
  }

  private text(value: string): string {
    const text = loggableText(value);
    this.left -= text.length;
    return text;
  }

  private nested(value: object): LoggableValue {
    if (this.ancestors.includes(value)) return '[circular]';
    if (this.ancestors.length >= MAX_DEPTH) return '[too deep]';
    this.ancestors.push(value);
    try {
      return this.object(value);
    } finally {
      this.ancestors.pop();
    }
  }

  private object(value: object): LoggableValue {
    if (isError(value)) return this.error(value);
    if (Array.isArray(value)) return this.array(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof URL) return this.text(value.href);
    return isPlain(value) ? this.entriesOf(value) : `[${className(value)}]`;
  }

  /** These properties and no other: an AxiosError, for one, carries the request's headers. */
  private error(error: Error): LoggableFields {
    const kept = ['name', 'code', 'message', 'stack', ...(isError(error.cause) ? ['cause'] : [])];
    return Object.fromEntries(this.entries(error, kept));
  }

  private array(values: readonly unknown[]): readonly LoggableValue[] {
    const read = values.slice(0, MAX_ENTRIES).map((value) => this.value(value) ?? null);
    return values.length > MAX_ENTRIES ? [...read, `… (${values.length - MAX_ENTRIES} more)`] : read;
  }
}

function mustBeRedacted(name: string, value: unknown): boolean {
  if (!SECRET_NAME.test(name) || value === undefined || value === null) return false;
  const isCount = typeof value === 'number' || typeof value === 'boolean';
  return !(isCount && COUNTABLE_NAME.test(name));
}

function otherPrimitive(value: unknown): LoggableValue | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'function' ? '[function]' : String(value).slice(0, MAX_NAME);
}

function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function className(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_NAME) : 'object';
}
