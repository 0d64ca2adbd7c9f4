import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

const MAX_REMEMBERED = 10_000;

/** Tells which session a run belongs to. A cluster keeps the two in different places, so the directory is apart from
 *  both, and an entry does not prove that the run exists. */
export class RunDirectory {
  /** The first entry is the oldest, and goes first. */
  private readonly remembered = new Map<string, string>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly keptMilliseconds: number,
  ) {}

  /** Announced before the run exists, so that no run is without its entry. */
  async announce(runId: string, key: string): Promise<void> {
    const name = this.keys.sessionOfRun(runId);
    await this.connection.ask((client) => client.set(name, key, 'PX', this.keptMilliseconds));
    this.remember(runId, key);
  }

  /** The key of its session. */
  async find(runId: string): Promise<string | undefined> {
    const remembered = this.remembered.get(runId);
    if (remembered !== undefined) return remembered;
    return this.look(runId);
  }

  /** The same as the server knows it now. */
  async look(runId: string): Promise<string | undefined> {
    const key = await this.connection.ask((client) => client.get(this.keys.sessionOfRun(runId)));
    if (key === null) return undefined;
    this.remember(runId, key);
    return key;
  }

  private remember(runId: string, key: string): void {
    if (this.remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.remembered.keys()) {
        this.remembered.delete(oldest);
        break;
      }
    }
    this.remembered.set(runId, key);
  }
}
