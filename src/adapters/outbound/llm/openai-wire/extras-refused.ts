import type { LlmErrorCode } from '../../../../domain/errors.js';

/** What a request may hold beside what it asks: the wish for the usage, and what the model sent with its calls. */
export type Extra = 'stream_options' | 'provider_data';

/** The cause of a refusal: the upstream does not know these. The same request without them may well be answered. */
export class ExtrasRefused extends Error {
  constructor(readonly extras: readonly Extra[]) {
    super(`the upstream refuses ${extras.join(', ')}`);
  }
}

/** The extras that a refusal of this class names as its reason; undefined where it names none. */
export function extrasRefused(code: LlmErrorCode, body: string): ExtrasRefused | undefined {
  if (code !== 'upstream_rejected') return undefined;
  const words = withoutEcho(body);
  const isMissed = MISSED.test(words);
  const named = NAMES.filter(({ extra, name }) => name.test(words) && !(extra === 'provider_data' && isMissed));
  return named.length === 0 ? undefined : new ExtrasRefused(named.map(({ extra }) => extra));
}

const NAMES: readonly { readonly extra: Extra; readonly name: RegExp }[] = [
  { extra: 'stream_options', name: /stream_?options|stream options|include_?usage/i },
  {
    extra: 'provider_data',
    name: /\breasoning(_content|_details)?\b|\bextra_content\b|\bprovider_specific_fields\b/i,
  },
];
/** It is not what was sent that is refused, but what was not. */
const MISSED = /missing|must be (passed|provided|included)|is required|field required/i;
/** Where validators tell the request back, which holds the name always. */
const ECHOES: ReadonlySet<string> = new Set(['input', 'request', 'body', 'received']);

function withoutEcho(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, (name, value) => (ECHOES.has(name) ? undefined : value))) ?? '';
  } catch {
    return text;
  }
}
