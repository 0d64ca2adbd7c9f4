import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { decodeText } from './decode-text.js';

/** What a dotenv file sets; nothing where there is none. Throws ConfigError where it cannot be read, or where a part of
 *  it would be passed over: a setting that is written and does not count is worse than one that is refused. */
export function readDotenv(path: string): Readonly<Record<string, string | undefined>> {
  // parseEnv takes a CR alone for a part of the line.
  const text = decodeText(bytesOf(path), path).replace(/\r\n?/g, '\n');
  const strange = strangeLines(text).map(
    (line) => `${path}, line ${line}: must be NAME=VALUE, or a comment behind a #`,
  );
  if (strange.length > 0) throw new ConfigError(strange.slice(0, MAX_PROBLEMS));
  return parseEnv(text);
}

const MAX_PROBLEMS = 20;

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Uint8Array();
    throw new ConfigError([`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** The numbers of the lines that parseEnv would pass over. A value in quotes may go on for several lines. */
function strangeLines(text: string): readonly number[] {
  const strange: number[] = [];
  for (let at = 0, line = 1; at < text.length; ) {
    const rest = text.slice(at);
    const [taken] = ASSIGNMENT.exec(rest) ?? NOTHING.exec(rest) ?? /^.*\n?/.exec(rest) ?? [rest];
    if (!ASSIGNMENT.test(rest) && !NOTHING.test(rest)) strange.push(line);
    at += taken.length;
    line += taken.split('\n').length - 1;
  }
  return strange;
}

const NOTHING = /^[^\S\n]*(#.*)?(\n|$)/;
const ASSIGNMENT = /^[^\S\n]*(export\s+)?[A-Za-z_][\w.-]*[^\S\n]*=[^\S\n]*("[^"]*"|'[^']*'|`[^`]*`)?.*(\n|$)/;
