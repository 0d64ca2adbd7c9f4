import type { Step } from '../../../../application/ports/session-ledger.js';
import { RunTaken } from '../../../../domain/bringing-errors.js';
import type { RunBirth } from '../../../../domain/run.js';
import { inGroups } from './in-groups.js';
import type { RedisSystem } from './redis-system.js';
import { RunClaims } from './run-claims.js';
import { asideScript, bringScript } from './scripts/bring.js';
import { broughtFields, sessionFields } from './step-values.js';

/** What one command is given: the server does nothing else meanwhile. */
const MAX_CHARACTERS = 1024 * 1024;
const MAX_VALUES = 2000;
/** For the time in which a session is written aside. It is renewed with every part. */
const ASIDE_MILLISECONDS = 60_000;

/** Brings sessions from elsewhere. Each is written aside, part by part, and then put in its place in one step. Of two
 *  with the same run, the second one finds it. */
export class SessionBringing {
  private readonly claims: RunClaims;

  constructor(private readonly redis: RedisSystem) {
    this.claims = new RunClaims(redis.connection, redis.keys);
  }

  /** Returns false where a session has the key. `announce` is done before anybody can find the session. Throws
   *  RunTaken. */
  async keep(key: string, step: Step, announce: () => Promise<void>): Promise<boolean> {
    const births = step.brought ?? [];
    const runIds = births.map(({ id }) => id);
    return this.claims.holding(step.revision, runIds, async (stillHeld) => {
      await this.refuseTaken(key, births);
      if (await this.isThere(key)) return false;
      await this.announceRuns(key, births);
      await announce();
      const aside = await this.putAside(key, step);
      await stillHeld();
      const names = [this.redis.keys.session(key), aside];
      return (await this.redis.connection.run(bringScript, names, [this.redis.times.idle])) === 1;
    });
  }

  private async isThere(key: string): Promise<boolean> {
    const { connection, keys } = this.redis;
    return (await connection.ask((client) => client.exists(keys.session(key)))) === 1;
  }

  private refuseTaken(key: string, births: readonly RunBirth[]): Promise<void> {
    const { directory, pages } = this.redis;
    return inGroups(births, async ({ id }) => {
      const other = await directory.look(id);
      if (other !== undefined && other !== key && (await pages.hasRun(other, id))) throw new RunTaken(id);
    });
  }

  /** Also removes journals that an earlier session of this key left, so that nobody reads them as those of the new
   *  one. */
  private announceRuns(key: string, births: readonly RunBirth[]): Promise<void> {
    const { directory, connection, keys } = this.redis;
    return inGroups(births, async ({ id }) => {
      await directory.announce(id, key);
      await connection.ask((client) => client.unlink(keys.journal(key, id)));
    });
  }

  /** Returns where it is. */
  private async putAside(key: string, step: Step): Promise<string> {
    const { connection, keys } = this.redis;
    const aside = keys.aside(key, step.revision);
    for (const values of inParts([sessionFields(step), ...broughtFields(step)])) {
      await connection.run(asideScript, [aside], [ASIDE_MILLISECONDS, ...values]);
    }
    return aside;
  }
}

type Values = readonly (string | number)[];

function* inParts(lists: Iterable<Values>): Generator<Values, void, undefined> {
  let part: (string | number)[] = [];
  let characters = 0;
  for (const list of lists) {
    part.push(...list);
    for (const value of list) characters += String(value).length;
    if (characters < MAX_CHARACTERS && part.length < MAX_VALUES) continue;
    yield part;
    [part, characters] = [[], 0];
  }
  if (part.length > 0) yield part;
}
