import type { LlmErrorCode } from '../../../../domain/errors.js';

/** The cause of a refusal: the upstream does not know `stream_options`. The same request without it may well be
 *  answered. */
export class StreamOptionsRefused extends Error {
  constructor() {
    super('the upstream refuses stream_options');
  }
}

/** Whether a refusal of this class names `stream_options` as its reason. */
export function refusesStreamOptions(code: LlmErrorCode, body: string): boolean {
  return code === 'upstream_rejected' && NAMED.test(withoutEcho(body));
}

const NAMED = /stream_?options|stream options|include_?usage/i;
/** Where validators tell the request back, which holds the name always. */
const ECHOES: ReadonlySet<string> = new Set(['input', 'request', 'body', 'received']);

function withoutEcho(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, (name, value) => (ECHOES.has(name) ? undefined : value))) ?? '';
  } catch {
    return text;
  }
}
