import type { Readable } from 'node:stream';

/** A body, read by read: each brings all that has arrived meanwhile. What Node's own iterator does besides costs more
 *  than all the reading, for it is done for every token. */
export class BodyReads {
  private wakeUp: () => void = () => {};
  private unread: Uint8Array | undefined;

  constructor(private readonly body: Readable) {
    for (const event of ['readable', 'end', 'close']) body.on(event, () => this.wakeUp());
  }

  /** Undefined at the end. Throws when the body breaks off, or is destroyed. */
  async next(): Promise<Uint8Array | undefined> {
    const { body } = this;
    if (this.unread !== undefined) return this.takeUnread();
    while (!body.destroyed && !body.readableEnded) {
      const bytes: Uint8Array | null = body.read();
      if (bytes !== null) return bytes;
      await this.change();
    }
    if (!body.readableEnded) throw body.errored ?? new Error('the body was closed before its end');
    return undefined;
  }

  /** What the next read brings once more. */
  putBack(bytes: Uint8Array): void {
    this.unread = bytes;
  }

  private takeUnread(): Uint8Array | undefined {
    const { unread } = this;
    this.unread = undefined;
    return unread;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }
}
