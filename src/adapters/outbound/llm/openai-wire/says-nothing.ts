import { isFields } from '../../../../domain/fields.js';

/** Whether data that is no JSON object is a keep-alive: null, a number, a date, `ping`. Anything else may be somebody's
 *  text, or an error's, and so is none. */
export function isKeepAlive(value: unknown): boolean {
  if (typeof value === 'string') return isSmallTalk(value);
  return value === null || typeof value === 'boolean' || typeof value === 'number';
}

/** Whether a field that is there for errors tells of none. Some servers send it always: empty, or with the code of a
 *  success. */
export function tellsNoError(field: unknown, depth = 0): boolean {
  if (typeof field === 'string') return /^\s*\d+\s*$/.test(field) ? isGoodCode(Number(field)) : isSmallTalk(field);
  if (typeof field === 'number') return isGoodCode(field);
  if (Array.isArray(field)) return depth < DEEPEST && field.every((entry) => tellsNoError(entry, depth + 1));
  return isFields(field) ? depth < DEEPEST && tellsNoErrorWithin(Object.entries(field), depth + 1) : field !== true;
}

/** By what tells of errors; only where there is nothing of that, by whether there is anything. */
function tellsNoErrorWithin(entries: readonly (readonly [string, unknown])[], depth: number): boolean {
  const telling = entries.filter(([name]) => TELLING.test(name));
  return telling.length > 0 ? telling.every(([, value]) => tellsNoError(value, depth)) : entries.length === 0;
}

function isGoodCode(code: number): boolean {
  return code === 0 || (code >= 200 && code <= 299);
}

/** Words that come where nothing is said, and nothing else but digits and marks between them: a date has both. */
function isSmallTalk(text: string): boolean {
  if (text.length > LONGEST || !PLAIN.test(text)) return false;
  return (
    /^no[ _-]?errors?$/i.test(text) ||
    (text.toLowerCase().match(/\p{L}+/gu) ?? []).every((word) => SMALL_TALK.has(word))
  );
}

const DEEPEST = 4;
const LONGEST = 100;
const PLAIN = /^[\p{L}\p{N}\s_:;.,!+/()…-]*$/u;
const TELLING =
  /^(code|error_code|errno|status|status_code|type|message|msg|error_message|detail|details|reason|error)$/i;

const SMALL_TALK: ReadonlySet<string> = new Set(
  [
    'ping pong keep alive keepalive heart beat heartbeat hb still noop nop idle openrouter',
    'wait waiting process processing work working thinking pending queued connected connection open opened ready start started',
    'ok okay success successful successfully succeeded none null nil undefined normal 成功 请求成功 正常',
    't z utc gmt mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec am pm',
  ]
    .join(' ')
    .split(' '),
);
