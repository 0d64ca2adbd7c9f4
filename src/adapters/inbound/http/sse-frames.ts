/** The lines of the event stream format (https://html.spec.whatwg.org/multipage/server-sent-events.html). Pure text. */

/** A line that keeps a connection busy and that no client takes for an event. The blank line is for clients that split the
 *  stream at blank lines without knowing comments. */
export function comment(text: string): string {
  return `: ${text}\n\n`;
}

/** How long a client waits before it connects again. */
export function retry(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

/** `id` holds no line end, and `data` is JSON or a word, so that one line is enough for each. */
export function event(id: string, data: string): string {
  return `id: ${id}\ndata: ${data}\n\n`;
}

/** An event that does not move the client's cursor. */
export function eventWithoutId(data: string): string {
  return `data: ${data}\n\n`;
}
