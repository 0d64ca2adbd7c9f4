import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of files that are not there yet, in a directory that goes with them. */
export class NewFiles {
  private directory = '';
  private count = 0;

  begin(): void {
    this.directory = mkdtempSync(join(tmpdir(), 'agent-runtime-sqlite-'));
  }

  next(): string {
    this.count += 1;
    return join(this.directory, `${this.count}.db`);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
