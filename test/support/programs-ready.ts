import { findBrowser } from './chromium.js';
import { keepFilesInMemory } from './files-in-memory.js';
import { findNode } from './other-node.js';
import { postgresProgram } from './postgres-binaries.js';
import { RedisServer } from './redis-server.js';

/** Before the first test, since a fetch may take longer than a test may. What cannot be had is said here at once, and
 *  again by each test that needs it: the others run. */
export async function mochaGlobalSetup(): Promise<void> {
  keepFilesInMemory();
  const { REDIS_URL = '', DATABASE_URL = '' } = process.env;
  const needed = [
    ...(REDIS_URL === '' ? [RedisServer.program] : []),
    ...(DATABASE_URL === '' ? [postgresProgram] : []),
    findBrowser,
    () => findNode(20),
    () => findNode(22),
  ];
  for (const find of needed) {
    await find().catch((error: unknown) => process.stderr.write(`${error}\n`));
  }
}
