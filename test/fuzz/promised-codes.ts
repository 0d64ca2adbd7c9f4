import { readFile } from 'node:fs/promises';

/** The codes that may come with each status. */
export type PromisedCodes = Readonly<Record<number, readonly string[]>>;

/** As docs/protocol.md has them in its table of problems. */
export async function promisedCodes(): Promise<PromisedCodes> {
  const text = await readFile('docs/protocol.md', 'utf8');
  const rows = text.slice(text.indexOf('## Problems')).matchAll(/^\| (\d{3}) \| (.+) \|$/gm);
  const codes = [...rows].map(([, status, cell = '']) => [Number(status), codesIn(cell)] as const);
  if (codes.length === 0) throw new Error('docs/protocol.md has no table of problems.');
  return Object.fromEntries(codes);
}

function codesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code);
}
