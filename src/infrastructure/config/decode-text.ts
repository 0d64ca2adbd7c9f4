import { ConfigError } from './config-error.js';

/** The text in a file's bytes. Editors on Windows write UTF-16, and a byte order mark first, which the decoder takes
 *  away. Throws ConfigError, naming the file as `name`. */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // It is as unreadable as one with zeros in it.
  }
  throw new ConfigError([`${name} cannot be read: it must be text in UTF-8`]);
}

/** Text that begins with ASCII, as names do, tells by its zeros which half of UTF-16 comes first. */
function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8';
}
