import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreNotUsable } from '../store.js';
import { migrate } from './migrations.js';
import {
  resultCodeOf,
  SQLITE_BUSY,
  SQLITE_CANTOPEN,
  SQLITE_CORRUPT,
  SQLITE_IOERR,
  SQLITE_NOTADB,
  SQLITE_READONLY,
} from './result-code.js';

/** Opens the file for this process alone. Creates it where it is missing, and brings it to the latest schema. Throws
 *  with a sentence for the operator. The lock goes with the process, however that ends. */
export async function openSqliteFile(path: string): Promise<DatabaseSync> {
  // On Node 22 the import prints a warning, so it waits until it is needed.
  const { DatabaseSync } = await import('node:sqlite');
  let connection: DatabaseSync | undefined;
  try {
    checkFolder(path);
    // SQLite never takes an absolute path for a URI.
    connection = new DatabaseSync(resolve(path));
    setUp(connection);
    return connection;
  } catch (error) {
    connection?.close();
    throw new StoreNotUsable(`The SQLite store ${path} cannot be opened: ${reasonOf(error)}.`, { cause: error });
  }
}

/** A folder that is made by mistake would hold sessions that nobody finds again. */
function checkFolder(path: string): void {
  const file = resolve(path);
  const folder = dirname(file);
  const problem = isFolder(folder) ? isFolder(file) && 'it is a folder' : `there is no folder ${folder}; create it`;
  if (problem) throw new Error(`${problem}, or name another file in AGENT_RUNTIME__STORE_URL`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function setUp(connection: DatabaseSync): void {
  connection.exec(`
    PRAGMA busy_timeout = ${LOCK_WAIT_MILLISECONDS};
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA secure_delete = ON;
    PRAGMA journal_mode = WAL;
    BEGIN EXCLUSIVE;
    COMMIT;
  `);
  migrate(connection);
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** A process that is just about to end may still hold the lock. */
const LOCK_WAIT_MILLISECONDS = 1000;

function reasonOf(error: unknown): string {
  const code = resultCodeOf(error);
  const known = code === undefined ? undefined : REASONS[code];
  return known ?? (error instanceof Error ? error.message : String(error));
}

const NOT_ACCESSIBLE = 'this process must be able to write the file and the directory it is in';

const REASONS: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: 'another process uses it; stop that one, or name another file in AGENT_RUNTIME__STORE_URL',
  [SQLITE_NOTADB]: 'it is no SQLite database; move it away, or name another file in AGENT_RUNTIME__STORE_URL',
  [SQLITE_CORRUPT]: 'it is damaged; restore it from a backup, or move it away to begin with an empty one',
  [SQLITE_CANTOPEN]: NOT_ACCESSIBLE,
  [SQLITE_READONLY]: NOT_ACCESSIBLE,
  [SQLITE_IOERR]: 'it cannot be read; see whether its disk is sound',
};
