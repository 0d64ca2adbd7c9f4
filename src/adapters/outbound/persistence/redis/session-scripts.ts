import { FormerSessions } from './former-sessions.js';
import type { LuaScript } from './lua-script.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { FORMER } from './scripts/session-lua.js';

/** Runs scripts on sessions, and first moves on a session of the version before. */
export class SessionScripts {
  private readonly former: FormerSessions;

  constructor(
    private readonly connection: RedisConnection,
    keys: RedisKeys,
  ) {
    this.former = new FormerSessions(connection, keys);
  }

  /** `names` are the keys for the script, the session's own first. */
  async run(
    script: LuaScript,
    key: string,
    names: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    const answer = await this.connection.run(script, names, values);
    if (answer !== FORMER) return answer;
    await this.former.moveOn(key);
    return this.connection.run(script, names, values);
  }
}
