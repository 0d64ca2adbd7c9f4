import type { Logger } from '../../../../application/ports/logger.js';
import type { RedisConnection } from './redis-connection.js';

/** What a server says of itself, by name. */
export type ServerFacts = ReadonlyMap<string, string>;

/** The lines of INFO, allowed also where CONFIG is not; undefined when it is forbidden or the server is away. */
export async function serverFacts(connection: RedisConnection): Promise<ServerFacts | undefined> {
  try {
    const lines = (await connection.ask((client) => client.info())).split('\r\n');
    return new Map(lines.map((line) => [line.replace(/:.*$/s, ''), line.replace(/^[^:]*:/, '')]));
  } catch {
    return undefined;
  }
}

/** Tells the operator what may lose data. */
export function adviseOn(facts: ServerFacts | undefined, log: Logger): void {
  if (facts === undefined) {
    log.debug('redis does not tell how it keeps data; see that it writes an append-only file and evicts nothing');
    return;
  }
  if (facts.get('aof_enabled') === '0')
    log.warn('redis writes no append-only file, so its restart may lose messages; set "appendonly yes"');
  const policy = facts.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction')
    log.warn('redis may throw sessions away when its memory is full; set "maxmemory-policy noeviction"', { policy });
}
