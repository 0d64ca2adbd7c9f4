/** The lines of the event stream format (https://html.spec.whatwg.org/multipage/server-sent-events.html). Pure text. */

/** A line that keeps a connection busy and that no client takes for an event. The blank line is for clients that split
 *  the stream at blank lines without knowing comments. */
export function comment(text: string): string {
  return `: ${text}\n\n`;
}

/** How long a client waits before it connects again. */
export function retry(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

/** `id` holds no line end, and `data` is JSON or a word, so that one line is enough for each. */
export function event(id: string, data: string): string {
  return `id: ${id}\n${dataLine(data)}\n`;
}

/** An event that does not move the client's cursor. */
export function eventWithoutId(data: string): string {
  return `${dataLine(data)}\n`;
}

/** One that clients know by its name; it does not move their cursor either. */
export function namedEvent(name: string, data: string): string {
  return `event: ${name}\n${dataLine(data)}\n`;
}

/** What other readers than the format's take for line ends: Python's `splitlines`, for one, which `httpx` splits a
 *  stream with. The others that it knows are control characters, and JSON escapes those. */
const FOREIGN_LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** They can only stand in a string of JSON, where an escape means the same. */
function dataLine(data: string): string {
  return `data: ${mustBeEscaped(data) ? data.replace(FOREIGN_LINE_ENDS, escaped) : data}\n`;
}

/** Every token comes by here: three searches take a fraction of what one with an expression takes. */
function mustBeEscaped(data: string): boolean {
  return data.includes('\u0085') || data.includes('\u2028') || data.includes('\u2029');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
