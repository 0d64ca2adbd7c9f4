/** What an upstream says of its failure. Servers agree on nothing about the shape: objects in objects, lists, and JSON
 *  in texts. */
export interface ErrorReport {
  /** The values of its fields for codes, types and statuses, the outermost first, as they stand. */
  readonly names: readonly string[];
  /** The names, and what in its sentences looks like one. */
  readonly marks: readonly string[];
  /** What it says to people. It may quote a message, or a key: to look at, never to keep, log or show. */
  readonly sentences: readonly string[];
}

export function readReport(text: string): ErrorReport {
  const report: Growing = { names: [], marks: [], sentences: [] };
  // The outermost first, since a gateway translates what it passes on.
  const queue: unknown[] = [parsedOrText(text)];
  for (let looked = 0; queue.length > 0 && looked < MOST_VALUES; looked += 1) {
    const value = queue.shift();
    if (typeof value === 'string') queue.push(...readText(value, report));
    else if (Array.isArray(value)) queue.push(...value.slice(0, MOST_VALUES));
    else if (isObject(value)) queue.push(...readObject(value, report));
  }
  return report;
}

/** Of so many values of a report the rest is left unread. */
const MOST_VALUES = 200;
const LONGEST_MARK = 80;
const LONGEST_TEXT = 64 * 1024;
const MARK_NAMES = [
  ...[
    'code',
    'status',
    'type',
    'status_code',
    'statusCode',
    'http_status',
    'httpStatus',
    'http_code',
    'http_status_code',
  ],
  ...['error_code', 'errorCode', 'error_type', 'errorType', 'reason', '__type'],
];
/** Where reports nest, or speak. What else they hold may be the request, told back. */
const NESTED_NAMES = [
  ...['error', 'errors', 'detail', 'details', 'innererror', 'inner_error', 'metadata', 'raw', 'reasons', 'cause'],
  ...[
    'message',
    'msg',
    'error_message',
    'error_msg',
    'errorMessage',
    'title',
    'body',
    'response',
    'data',
    'choices',
    'exception',
  ],
  ...['base_resp', 'status_msg'],
];

type Growing = { [List in keyof ErrorReport]: string[] };

function readObject(report: Readonly<Record<string, unknown>>, { names, marks }: Growing): readonly unknown[] {
  const found = MARK_NAMES.map((name) => report[name])
    .filter((mark) => typeof mark === 'number' || typeof mark === 'string')
    .map((mark) => String(mark).slice(0, LONGEST_MARK));
  names.push(...found);
  marks.push(...found);
  // The errors of a validation (pydantic) name the place in the request.
  if (Array.isArray(report.loc)) marks.push('validation_error');
  if (report.flagged_input !== undefined) marks.push('flagged_input');
  return NESTED_NAMES.map((name) => report[name]).filter((value) => value !== undefined && value !== null);
}

/** What is nested in it as JSON. A text of a few words is a mark too: `Not Found`, `rate_limit_exceeded`. */
function readText(whole: string, { marks, sentences }: Growing): readonly unknown[] {
  const text = whole.slice(0, LONGEST_TEXT);
  if (/^[\w.-]+( [\w.-]+){0,4}$/.test(text)) marks.push(text);
  sentences.push(text);
  for (const [, mark = ''] of text.matchAll(QUOTED_MARK)) marks.push(mark);
  for (const [mark] of text.matchAll(CLASS_NAME)) marks.push(mark);
  const nested = parseJson(text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1));
  return isObject(nested) ? [nested] : [];
}

/** `Error code: 400 - {'code': 'model_not_found'}`: what Python prints, and JSON that was cut off. */
const QUOTED_MARK = /(?:error code|status code|["'](?:code|type|status|reason)["'])\s*[:=]?\s*["']?([\w.-]{1,80})\b/gi;
/** `litellm.ContextWindowExceededError: …` */
const CLASS_NAME = /\b[A-Z][A-Za-z]{2,60}(?:Error|Exception|Exceeded)\b/g;

function parsedOrText(text: string): unknown {
  return parseJson(text) ?? text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
