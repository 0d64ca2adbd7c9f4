const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Finds where a value of JSON ends, over as many reads as it takes. Whether it is right is for who parses it to
 *  say. */
export class JsonValueEnd {
  private levels = 0;
  private isInText = false;
  private isEscaped = false;
  private isWord = false;

  /** The place behind the value, of which a part begins at `from`; undefined where it goes on. */
  in(bytes: Uint8Array, from: number): number | undefined {
    for (let at = from; at < bytes.length; at += 1) {
      const end = this.isInText ? this.inText(bytes[at], at) : this.outside(bytes[at], at);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  private inText(byte: number | undefined, at: number): number | undefined {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) {
      this.isInText = false;
      if (this.levels === 0) return at + 1;
    }
    return undefined;
  }

  /** A number or a name has no end of its own: it ends with what stands behind it. */
  private outside(byte: number | undefined, at: number): number | undefined {
    if (this.isWord && isBehindWord(byte)) return at;
    if (byte === QUOTE) this.isInText = true;
    else if (isOpening(byte)) this.levels += 1;
    else if (isClosing(byte)) {
      this.levels -= 1;
      if (this.levels === 0) return at + 1;
    } else this.isWord = this.levels === 0;
    return undefined;
  }
}

function isBehindWord(byte: number | undefined): boolean {
  return byte === COMMA || isClosing(byte) || isBlank(byte);
}

function isOpening(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b;
}

function isClosing(byte: number | undefined): boolean {
  return byte === 0x5d || byte === 0x7d;
}

const COMMA = 0x2c;

/** What JSON allows between its parts. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
