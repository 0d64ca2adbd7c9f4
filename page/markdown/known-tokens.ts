import type { MarkedToken, Token } from 'marked';

/** Marked has a type for the tokens of extensions, too. There are none. */
export function knownTokens(tokens: readonly Token[] = []): readonly MarkedToken[] {
  return tokens.filter((token): token is MarkedToken => token.type !== 'generic');
}
