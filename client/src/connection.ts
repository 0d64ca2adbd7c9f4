import { EventStream, type StreamEvent } from './event-stream.js';
import type { Exchange } from './exchange.js';

/** How long the end of an answer may take to come after its last event. */
const REST_MILLISECONDS = 1000;

/** The events of one answer. */
export class Connection {
  private readonly stream: EventStream;
  /** In reverse. */
  private events: StreamEvent[] = [];

  constructor(
    private readonly exchange: Exchange,
    onRetry: (milliseconds: number) => void,
  ) {
    this.stream = new EventStream(onRetry);
  }

  /** Undefined when the connection is at its end, be it a cut. Throws RangeError for what is no stream of events. */
  async next(): Promise<StreamEvent | undefined> {
    while (this.events.length === 0) {
      const bytes = await this.bytes();
      if (bytes === undefined) return undefined;
      this.events = this.stream.push(bytes).reverse();
    }
    return this.events.pop();
  }

  close(): void {
    this.exchange.close();
  }

  /** Reads to the end of the answer, so that its connection can be used again. Nobody waits for it. */
  finish(): void {
    const timer = setTimeout(() => this.close(), REST_MILLISECONDS);
    const rest = async () => {
      while ((await this.bytes()) !== undefined);
      clearTimeout(timer);
      this.close();
    };
    void rest();
  }

  private async bytes(): Promise<Uint8Array | undefined> {
    try {
      return await this.exchange.read();
    } catch {
      return undefined;
    }
  }
}
