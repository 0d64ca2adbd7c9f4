import type { RunAudience } from '../../../../application/ports/run-audience.js';
import type { RedisSystem } from './redis-system.js';
import { attendedScript, attendScript, leaveScript } from './scripts/audience.js';

export class RedisRunAudience implements RunAudience {
  constructor(private readonly redis: RedisSystem) {}

  async attend(runId: string): Promise<void> {
    const { connection, keys, times, writer } = this.redis;
    await connection.run(attendScript, [keys.readers(runId)], [writer, times.lease]);
  }

  async leave(runId: string): Promise<boolean> {
    const { connection, keys, writer } = this.redis;
    return (await connection.run(leaveScript, [keys.readers(runId)], [writer])) !== 0;
  }

  async deserted(runIds: readonly string[]): Promise<readonly string[]> {
    const { connection, keys } = this.redis;
    const counts = await Promise.all(runIds.map((runId) => connection.run(attendedScript, [keys.readers(runId)], [])));
    return runIds.filter((_, index) => counts[index] === 0);
  }
}
