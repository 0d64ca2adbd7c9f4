import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

const MAX_REMEMBERED = 10_000;

/** Which session a run belongs to. In a cluster the two are in different places, so this is kept apart from both; it
 *  says nothing about whether the run exists. */
export class RunDirectory {
  /** The one that was put in first goes first. */
  private readonly remembered = new Map<string, string>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly keptMilliseconds: number,
  ) {}

  /** Made known before the run is, so that no run is without it. */
  async announce(runId: string, key: string): Promise<void> {
    const name = this.keys.sessionOfRun(runId);
    await this.connection.ask((client) => client.set(name, key, 'PX', this.keptMilliseconds));
    this.remember(runId, key);
  }

  /** The key of its session. */
  async find(runId: string): Promise<string | undefined> {
    const remembered = this.remembered.get(runId);
    if (remembered !== undefined) return remembered;
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
