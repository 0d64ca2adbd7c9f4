import { readdirSync, readFileSync } from 'node:fs';

export interface CodeBlock {
  /** Of the document that it stands in, and its line. */
  readonly place: string;
  readonly document: string;
  readonly language: string;
  /** The file that the text before it names last, in the same step of a list or the same paragraph. */
  readonly path: string | undefined;
  readonly text: string;
}

const ROOT = new URL('../../../', import.meta.url);

/** Every block of code in the documents of the project. */
export function codeBlocks(): readonly CodeBlock[] {
  const named = readdirSync(new URL('docs', ROOT), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`);
  return [...readdirSync(ROOT), ...named].filter((path) => path.endsWith('.md')).flatMap(blocksOf);
}

function blocksOf(document: string): CodeBlock[] {
  const lines = readFileSync(new URL(document, ROOT), 'utf8').split('\n');
  const fences = lines.flatMap((line, index) => (/^\s*```/.test(line) ? [index] : []));
  if (fences.length % 2 !== 0) throw new Error(`A block of code in ${document} is not closed.`);
  return fences.flatMap((start, index) =>
    index % 2 === 0 ? [blockAt(document, lines, start, fences[index + 1] ?? 0)] : [],
  );
}

function blockAt(document: string, lines: readonly string[], start: number, end: number): CodeBlock {
  const [, indent = '', language = ''] = /^(\s*)```(\w*)/.exec(lines[start] ?? '') ?? [];
  const text = lines.slice(start + 1, end).map((line) => line.slice(indent.length));
  const before = lines.slice(Math.max(0, start - 3), start).join('\n');
  const path = [...before.matchAll(/`((?:src|test)\/[\w/.-]+\.ts)`/g)].at(-1)?.[1];
  return { place: `${document}:${start + 1}`, document, language, path, text: `${text.join('\n')}\n` };
}
