/** How far a JSON object has come that is read piece by piece: each character is looked at once. */
export class JsonExtent {
  private depth = 0;
  private isInText = false;
  private isEscaped = false;
  private isObject: boolean | undefined;

  read(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.readCharacter(text.charCodeAt(index));
  }

  /** Anything but blanks came. */
  get hasBegun(): boolean {
    return this.isObject !== undefined;
  }

  /** An object came to its end. */
  get isWhole(): boolean {
    return this.isObject === true && this.depth === 0;
  }

  private readCharacter(code: number): void {
    if (this.isInText) this.readInText(code);
    else if (code !== SPACE && (code < TAB || code > RETURN)) this.readMark(code);
  }

  private readMark(code: number): void {
    this.isObject ??= code === OPEN_BRACE;
    if (code === QUOTE) this.isInText = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.depth -= 1;
  }

  private readInText(code: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (code === BACKSLASH) this.isEscaped = true;
    else if (code === QUOTE) this.isInText = false;
  }
}

const TAB = 9;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
