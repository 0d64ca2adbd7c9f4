/** A text that comes in pieces, of which none ends in half a character: a surrogate pair may arrive in two, and its
 *  first half waits for the second. */
export class WholeCharacters {
  private half = '';

  /** What is whole by now, as every store keeps it. */
  take(received: string): string {
    const text = this.half + received;
    this.half = halfAtEnd(text);
    return keepable(text.slice(0, text.length - this.half.length));
  }

  /** Half a character that was never completed, as U+FFFD. */
  rest(): string {
    const rest = this.half === '' ? '' : '\ufffd';
    this.half = '';
    return rest;
  }
}

function halfAtEnd(text: string): string {
  const lastUnit = text.charCodeAt(text.length - 1);
  return lastUnit >= 0xd800 && lastUnit <= 0xdbff ? text.slice(-1) : '';
}

function keepable(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', '\ufffd') : text;
}
