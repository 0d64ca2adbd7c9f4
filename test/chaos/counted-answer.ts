import type { WireFrame } from './history.js';

/** An answer as a door tells it, which numbers no tokens: counted here, so that what one door told can be laid beside
 *  what another one did. */
export class CountedAnswer {
  /** Known when the door has named it. */
  run = '';
  text = '';

  constructor(private sequence = 0) {}

  token(text: string): WireFrame {
    this.text += text;
    return { type: 'token', ...this.next(), text };
  }

  /** Natively, what was counted has an event of its own before the ending. */
  counted(usage: unknown): readonly WireFrame[] {
    return usage === undefined || usage === null ? [] : [{ type: 'usage', ...this.next() }];
  }

  end(finishReason: string): WireFrame {
    return { type: 'end', ...this.next(), finishReason };
  }

  /** One that failed, with the code where it is told. */
  failure(code?: string): readonly WireFrame[] {
    return [{ type: 'error', ...this.next(), code }, this.end('error')];
  }

  private next() {
    this.sequence += 1;
    return { run: this.run, sequence: this.sequence };
  }
}
