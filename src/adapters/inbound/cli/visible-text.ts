/** What a terminal would obey instead of show: its control characters, but for the end of a line and the tab, and what
 *  turns the direction of a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: These are what it is about.
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const PICTURES = 0x2400;
const PICTURE_OF_DELETE = '\u2421';

/** A text of somebody else's that does nothing to the terminal it is shown on. */
export function visibleText(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x7f) return PICTURE_OF_DELETE;
    return code < 0x20 ? String.fromCharCode(PICTURES + code) : '\ufffd';
  });
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visibleText(text.replaceAll(/\r?\n/g, ' '));
}
