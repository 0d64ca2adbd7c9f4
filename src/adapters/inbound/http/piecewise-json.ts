import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';

/** What is kept of an answer for a reader that takes nothing. */
const PIECE_CHARACTERS = 64 * 1024;
const STALL_MILLISECONDS = 30_000;

/** A JSON answer of any length, written in pieces as its reader takes them. A small one is sent whole, with its length,
 *  and until then the answer can still be another one. A reader that takes nothing for 30 s is dropped: Node's timeout
 *  of a socket begins anew whenever the system has taken some of what is to be written, so a slow one gets all of
 *  it. */
export class PiecewiseJson {
  constructor(
    private readonly response: Response,
    /** What is not written yet. */
    private text: string,
    private readonly stallMilliseconds = STALL_MILLISECONDS,
  ) {}

  /** Whether a client that asked for the head alone has it. */
  get isToldEnough(): boolean {
    return this.response.headersSent && this.response.req.method === 'HEAD';
  }

  /** Undefined when there may be more at once; else resolves when the reader has taken what there was, or is gone, and
   *  others have had their turn: the system takes a piece at once for a fast reader, which would have the process to
   *  itself. */
  add(text: string): Promise<void> | undefined {
    this.text += text;
    return this.text.length < PIECE_CHARACTERS ? undefined : this.write();
  }

  end(last: string): void {
    const text = this.text + last;
    if (this.response.headersSent) this.response.end(text);
    else this.response.type('json').send(text);
  }

  private async write(): Promise<void> {
    const { response, text } = this;
    if (!response.headersSent) this.begin();
    this.text = '';
    if (!response.write(text)) await this.drained();
    await nextTurn();
  }

  private begin(): void {
    this.response.status(200).type('json');
    this.response.setTimeout(this.stallMilliseconds, () => this.response.destroy());
  }

  private drained(): Promise<void> {
    const { response } = this;
    if (response.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        response.off('drain', settle).off('close', settle);
        resolve();
      };
      response.on('drain', settle).on('close', settle);
    });
  }
}
