import { RunNotFound } from '../../../../domain/errors.js';
import type { RunLease } from '../../../../domain/run.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

const MAX_REMEMBERED = 10_000;

/** Which session a run belongs to. In a cluster the two are in different places, so this is kept apart from both; it says
 *  nothing about whether the run exists. */
export class RunDirectory {
  /** The one that was put in first goes first. */
  private readonly remembered = new Map<string, string>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly keptMilliseconds: number,
  ) {}

  /** Made known before the run is, so that no run is without it. */
  async announce({ id, sessionId }: Omit<RunLease, 'epoch'>): Promise<void> {
    const key = this.keys.sessionOfRun(id);
    await this.connection.ask((client) => client.set(key, sessionId, 'PX', this.keptMilliseconds));
    this.remember(id, sessionId);
  }

  /** Throws RunNotFound. */
  async sessionOf(runId: string): Promise<string> {
    const sessionId = await this.find(runId);
    if (sessionId === undefined) throw new RunNotFound(runId);
    return sessionId;
  }

  async find(runId: string): Promise<string | undefined> {
    const remembered = this.remembered.get(runId);
    if (remembered !== undefined) return remembered;
    const sessionId = await this.connection.ask((client) => client.get(this.keys.sessionOfRun(runId)));
    if (sessionId === null) return undefined;
    this.remember(runId, sessionId);
    return sessionId;
  }

  private remember(runId: string, sessionId: string): void {
    if (this.remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.remembered.keys()) {
        this.remembered.delete(oldest);
        break;
      }
    }
    this.remembered.set(runId, sessionId);
  }
}
