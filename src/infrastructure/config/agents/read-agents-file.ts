import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../config-error.js';
import { decodeText } from '../decode-text.js';
import { PREFIX } from '../environment.js';

const SETTING = `${PREFIX}AGENTS_FILE`;

/** What a file of agents holds, as it is written: YAML, of which JSON is a part. Throws ConfigError. */
export function readAgentsFile(path: string): unknown {
  const lines = new LineCounter();
  const text = decodeText(bytesOf(path), path);
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const problems = [...document.errors, ...document.warnings].map(({ message, pos: [start] }) => {
    const { line, col } = lines.linePos(start);
    return `${path}, line ${line}, column ${col}: ${message}`;
  });
  if (problems.length > 0) throw new ConfigError(problems.slice(0, MAX_PROBLEMS));
  return checkedValue(() => document.toJS(), path);
}

const MAX_PROBLEMS = 20;

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? (REASONS[String(error.code)] ?? error.message) : error;
    throw new ConfigError([`${SETTING}: must be a file that can be read: ${why}, got ${JSON.stringify(path)}`]);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is none',
  EISDIR: 'this is a folder',
  EACCES: 'this process may not read it',
};

/** Aliases may multiply what is written, or go in a circle. */
function checkedValue(read: () => unknown, path: string): unknown {
  try {
    const value = read();
    JSON.stringify(value);
    return value;
  } catch {
    throw new ConfigError([`${path} cannot be read: its aliases refer to themselves, or to too much`]);
  }
}
