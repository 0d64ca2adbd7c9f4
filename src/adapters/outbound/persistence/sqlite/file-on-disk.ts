import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** What every SQLite file begins with. https://sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
/** A page size of 64 KiB does not fit, and is written as 1. */
const LARGEST_PAGE = 65_536;

/** The file under its name. SQLite also goes on writing to one that was moved away or deleted, for nobody to find. */
export class FileOnDisk {
  private readonly opened: ReadonlyMap<string, string>;

  constructor(private readonly path: string) {
    this.opened = new Map([path, `${path}-wal`].map((name) => [name, identityOf(name) ?? '']));
  }

  /** Throws when it is not the one that was opened, or is not whole. */
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
