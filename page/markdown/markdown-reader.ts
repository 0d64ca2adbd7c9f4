import { Lexer, type MarkedToken, type Token } from 'marked';
import { knownTokens } from './known-tokens.js';

/** A piece of a text that stands by itself. What cannot be read as Markdown has no token, and is shown as it is. */
export interface Block {
  readonly raw: string;
  readonly token: MarkedToken | undefined;
}

/** Reads Markdown while it is being written: what nothing behind it can change any more is read once. */
export class MarkdownReader {
  private source = '';
  private settled: readonly Block[] = [];
  private settledLength = 0;
  private pieces = new Map<string, readonly Token[]>();

  /** The blocks of a text. Those that are as they were before are the same objects. */
  read(text: string): readonly Block[] {
    if (!text.startsWith(this.source)) this.forget();
    this.source = text;
    const tail = this.blocksOf(text.slice(this.settledLength));
    // A blank line ends no list: the last block that is not blank may still grow.
    const last = tail.findLastIndex(({ token }) => token?.type !== 'space');
    const whole = tail.slice(0, Math.max(last, 0));
    if (whole.length === 0) return [...this.settled, ...tail];
    this.settled = [...this.settled, ...whole];
    for (const { raw } of whole) this.settledLength += raw.length;
    return [...this.settled, ...tail.slice(whole.length)];
  }

  private forget(): void {
    this.settled = [];
    this.settledLength = 0;
    this.pieces.clear();
  }

  private blocksOf(text: string): readonly Block[] {
    if (TOO_DEEP.test(text)) return [{ raw: text, token: undefined }];
    try {
      return this.tokensOf(text).map((token) => ({ raw: token.raw, token }));
    } catch {
      // It ran out of stack, or said that it would never end.
      return [{ raw: text, token: undefined }];
    }
  }

  private tokensOf(text: string): readonly MarkedToken[] {
    const lexer = new Lexer({ gfm: true, breaks: true });
    lexer.blockTokens(text, lexer.tokens);
    for (const { src, tokens } of lexer.inlineQueue) {
      if (src.length <= LONGEST_PIECE) lexer.inlineTokens(src, tokens);
      else for (const piece of piecesOf(src)) tokens.push(...this.inlineOf(piece, lexer));
    }
    return knownTokens(lexer.tokens);
  }

  /** The pieces of a long paragraph but for the last are the same each time. */
  private inlineOf(piece: string, lexer: Lexer): readonly Token[] {
    const tokens = this.pieces.get(piece) ?? lexer.inlineTokens(piece);
    this.pieces.set(piece, tokens);
    return tokens;
  }
}

/** A longer paragraph is read in pieces: the time that emphasis and links take grows with the square of its length. */
const LONGEST_PIECE = 4096;

/** Lists in lists and quotations in quotations, more than anybody would write. */
const TOO_DEEP = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){33}/m;

/** Cut behind a blank where there is one. */
function piecesOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,4095}(?:\s|$)|[\s\S]{4096}/g) ?? [text];
}
