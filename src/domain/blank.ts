/** Not spaces of any kind, control characters, or what Unicode gives no shape of its own: U+200B, U+FEFF and the like,
 *  and the empty Braille pattern. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text shows nothing to whoever reads it. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}

/** Where a text begins to show something; -1 where it shows nothing. */
export function firstVisible(text: string): number {
  return text.search(VISIBLE);
}
