import type { LoggableFields, LoggableValue } from './loggable-fields.js';

export interface LogLine {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly fields: LoggableFields;
}

/** One JSON object for a machine. A field named like one of the line's own stands as `field_…`. */
export function jsonLine({ timestamp, level, message, fields }: LogLine): string {
  const others = OWN_NAMES.some((name) => Object.hasOwn(fields, name)) ? renamed(fields) : fields;
  return escapeControls(JSON.stringify({ timestamp, level, message, ...others }));
}

/** One line for a person: time, level, sentence, name=value. */
export function readableLine({ timestamp, level, message, fields }: LogLine): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${readable(name)}=${readable(value)}`);
  return escapeControls(`${timestamp} ${level.toUpperCase().padEnd(LEVEL_WIDTH)} ${message}${pairs.join('')}`);
}

const OWN_NAMES: readonly string[] = ['timestamp', 'level', 'message'];
const LEVEL_WIDTH = 'critical'.length;

function renamed(fields: LoggableFields): LoggableFields {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([name, value]) => [OWN_NAMES.includes(name) ? `field_${name}` : name, value]));
}

/** Line ends, terminal sequences, and what turns the direction of writing: with these a value could forge or hide a
 *  line. The escape is also JSON's, and JSON leaves some of them as they are. */
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Most lines: nothing in them needs an escape, and this is told sooner than by looking for all that does. */
const PRINTABLE_ASCII = /^[ -~]*$/;

function escapeControls(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(CONTROLS, (control) =>
    Array.from({ length: control.length }, (_, at) => escapeUnit(control.charCodeAt(at))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

function readable(value: LoggableValue): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return JSON.stringify(value);
}
