import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/** The path of a file with these agents, and what it says of tools; gone with the process. */
export function agentsFile(agents: object, tools: object = {}): string {
  folder ??= newFolder();
  const path = join(folder, `${randomUUID()}.json`);
  writeFileSync(path, JSON.stringify({ agents, ...tools }));
  return path;
}

function newFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'agents-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
