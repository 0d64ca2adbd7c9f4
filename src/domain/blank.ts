/** Spaces of every kind, control characters, and what Unicode gives no shape of its own: U+200B, U+FEFF and the like, and the empty
 *  Braille pattern. */
const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether a text shows nothing to whoever reads it. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}
