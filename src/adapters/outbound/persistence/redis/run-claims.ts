import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../../../../domain/errors.js';
import { inGroups } from './in-groups.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { claimScript, releaseScript } from './scripts/claim.js';

/** A claim counts while its claimant lives, which says so again and again. */
const ALIVE_MILLISECONDS = 15_000;
const RENEWAL_MILLISECONDS = 5000;
/** Claims of one that is gone vanish by themselves, too. */
const CLAIM_MILLISECONDS = 600_000;
const ATTEMPTS = 100;
const ATTEMPT_MILLISECONDS = 100;

/** Throws StoreUnavailable where the claims no longer hold. */
type StillHeld = () => Promise<void>;

/** Runs that sessions are brought with, each claimed for as long as that takes: of two sessions with the same run, the
 *  second one waits and then finds it. Whoever brings other runs waits for nobody. */
export class RunClaims {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  /** Does what is to be done while all of these are claimed. Throws StoreUnavailable where others keep one for long. */
  async holding<Result>(
    name: string,
    runIds: readonly string[],
    act: (stillHeld: StillHeld) => Promise<Result>,
  ): Promise<Result> {
    const alive = this.keys.bringing(name);
    await this.connection.ask((client) => client.set(alive, 1, 'PX', ALIVE_MILLISECONDS));
    const renewal = setInterval(() => void this.stillHeld(alive).catch(() => {}), RENEWAL_MILLISECONDS).unref();
    try {
      await this.claim(name, runIds.toSorted());
      return await act(() => this.stillHeld(alive));
    } finally {
      clearInterval(renewal);
      await this.release(name, runIds).catch(() => {});
      // By the command that it began with, so that nobody waits for one who may not remove anything.
      await this.connection.ask((client) => client.set(alive, 0, 'PX', 1)).catch(() => {});
    }
  }

  private async stillHeld(alive: string): Promise<void> {
    const held = await this.connection.ask((client) => client.set(alive, 1, 'PX', ALIVE_MILLISECONDS, 'XX'));
    if (held === null) throw new StoreUnavailable();
  }

  private async claim(name: string, runIds: readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await this.claimAll(name, runIds)) return;
      await this.release(name, runIds);
      // Two that have some of the same runs, and wait for each other's, do not come again in step.
      await pause(ATTEMPT_MILLISECONDS * (0.5 + Math.random()));
    }
    throw new StoreUnavailable();
  }

  /** The first one by itself: of those who bring the very same runs, one gets it, and then all. */
  private async claimAll(name: string, [first, ...others]: readonly string[]): Promise<boolean> {
    if (first === undefined) return true;
    if (!(await this.claimOne(name, first))) return false;
    let areAll = true;
    await inGroups(others, async (runId) => {
      areAll = areAll && (await this.claimOne(name, runId));
    });
    return areAll;
  }

  private async claimOne(name: string, runId: string): Promise<boolean> {
    const { connection, keys } = this;
    const claim = (gone: string) => connection.run(claimScript, [keys.claim(runId)], [name, gone, CLAIM_MILLISECONDS]);
    const holder = await claim('');
    if (typeof holder !== 'string') return true;
    const isAlive = await connection.ask((client) => client.exists(keys.bringing(holder)));
    return isAlive === 0 && typeof (await claim(holder)) !== 'string';
  }

  private release(name: string, runIds: readonly string[]): Promise<void> {
    return inGroups(runIds, async (runId) => {
      await this.connection.run(releaseScript, [this.keys.claim(runId)], [name]);
    });
  }
}
