import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { deltaParts } from './delta-parts.js';

/** What was said so far. A server that sends deltas may send the whole message too, with its last chunk or with each:
 *  beside deltas it is no text of its own. */
export class Transcript {
  hasText = false;
  private hasDeltas = false;
  private text = '';

  /** What came as deltas. */
  add(said: readonly CompletionPart[]): void {
    for (const part of said) {
      this.hasDeltas = true;
      if (part.type === 'text') this.addText(part.text);
    }
  }

  /** What a whole message says that its deltas did not. One that differs from them comes too late: they have been
   *  read. */
  newsIn(message: unknown): readonly CompletionPart[] {
    if (!this.hasDeltas) {
      const parts = deltaParts(message);
      if (parts.some(({ type }) => type === 'text')) this.hasText = true;
      return parts;
    }
    const whole = wholeTextOf(message);
    if (whole.length <= this.text.length || !whole.startsWith(this.text)) return [];
    const text = whole.slice(this.text.length);
    this.addText(text);
    return [{ type: 'text', text }];
  }

  private addText(text: string): void {
    this.hasText = true;
    this.text += text;
  }
}

/** Nothing where it cannot be read: its text has come without it. */
function wholeTextOf(message: unknown): string {
  try {
    return deltaParts(message)
      .map((part) => (part.type === 'text' ? part.text : ''))
      .join('');
  } catch {
    return '';
  }
}
