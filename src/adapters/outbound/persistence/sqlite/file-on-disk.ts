import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** Every SQLite file begins with this text. https://sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
/** The header writes a page size of 64 KiB as 1, because its field is too small for it. */
const LARGEST_PAGE = 65_536;

/** The file under its name. SQLite goes on writing to a file that was moved away or deleted, and nobody would find
 *  that again. */
export class FileOnDisk {
  private readonly opened: ReadonlyMap<string, string>;

  constructor(private readonly path: string) {
    this.opened = new Map([path, `${path}-wal`].map((name) => [name, identityOf(name) ?? '']));
  }

  /** Throws when the name leads to another file, or to one that is not whole. */
  check(): void {
    for (const [name, identity] of this.opened) {
      if (identityOf(name) !== identity) throw new Error(`${name} was deleted or replaced`);
    }
    const header = this.header();
    const pageSize = header.readUInt16BE(PAGE_SIZE_AT);
    const bytes = header.readUInt32BE(PAGE_COUNT_AT) * (pageSize === 1 ? LARGEST_PAGE : pageSize);
    const isWhole = header.toString('latin1', 0, MAGIC.length) === MAGIC && statSync(this.path).size >= bytes;
    if (!isWhole) throw new Error(`${this.path} is damaged`);
  }

  private header(): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    const file = openSync(this.path, 'r');
    try {
      readSync(file, header, 0, HEADER_BYTES, 0);
    } finally {
      closeSync(file);
    }
    return header;
  }
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found && `${found.dev}:${found.ino}`;
}
