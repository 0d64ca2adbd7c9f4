/** How many milliseconds the upstream wants to be left alone, from the headers of its refusal: `retry-after-ms`, which
 *  OpenAI sends, or `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). Undefined where it says nothing,
 *  or nonsense. */
export function retryAfterOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const wishes = [Number(textOf(headers['retry-after-ms'])), millisecondsOf(textOf(headers['retry-after']))];
  return wishes.find((wish) => Number.isFinite(wish) && wish > 0);
}

function millisecondsOf(value: string): number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
}

function textOf(header: unknown): string {
  return typeof header === 'string' ? header.trim() : '';
}
