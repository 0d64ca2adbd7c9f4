import { keepFilesInMemory } from './files-in-memory.js';
import { postgresProgram } from './postgres-binaries.js';
import { RedisServer } from './redis-server.js';
import { bundleService } from './service-bundle.js';
import { soughtBeforehand } from './sought-beforehand.js';

/** The servers that stores need, and the service itself. */
export async function mochaGlobalSetup(): Promise<void> {
  keepFilesInMemory();
  await bundleService();
  const { REDIS_URL = '', DATABASE_URL = '' } = process.env;
  await soughtBeforehand([
    ...(REDIS_URL === '' ? [RedisServer.program] : []),
    ...(DATABASE_URL === '' ? [postgresProgram] : []),
  ]);
}
