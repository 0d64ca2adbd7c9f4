export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** The service's largest event is far below: who sends more than this without an end of line sends no events. */
const LONGEST = 32 * 1024 * 1024;

/** Server-sent events out of bytes that are cut anywhere, by the rules of the HTML standard. Unlike there, an id
 *  belongs to its own event alone. */
export class EventStream {
  private readonly decoder = new TextDecoder();
  private unread = '';
  private afterReturn = false;
  private data: string[] = [];
  private id: string | undefined;
  private size = 0;

  /** `onRetry` hears how many milliseconds to wait before coming back. */
  constructor(private readonly onRetry: (milliseconds: number) => void) {}

  /** The events that are whole with these bytes. */
  push(bytes: Uint8Array): StreamEvent[] {
    const lines = this.linesWith(this.decoder.decode(bytes, { stream: true }));
    const events = lines.flatMap((line) => this.take(line));
    if (this.size + this.unread.length > LONGEST) throw new RangeError('An event of the stream is too long.');
    return events;
  }

  /** The lines that are whole: LF, CR and CRLF end one, and a CRLF may be cut in two. */
  private linesWith(text: string): string[] {
    if (text === '') return [];
    const fresh = this.afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.afterReturn = text.endsWith('\r');
    const lines = fresh.split(/\r\n|\n|\r/);
    lines[0] = this.unread + (lines[0] ?? '');
    this.unread = lines.pop() ?? '';
    return lines;
  }

  private take(line: string): StreamEvent[] {
    if (line === '') return this.dispatched();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    this.set(field, value);
    return [];
  }

  private set(field: string, value: string): void {
    if (field === 'data') {
      this.data.push(value);
      this.size += value.length;
    }
    if (field === 'id' && !value.includes('\0')) this.id = value;
    if (field === 'retry' && /^\d+$/.test(value)) this.onRetry(Number(value));
  }

  private dispatched(): StreamEvent[] {
    const { data, id } = this;
    this.data = [];
    this.id = undefined;
    this.size = 0;
    return data.length === 0 ? [] : [{ id: id || undefined, data: data.join('\n') }];
  }
}
