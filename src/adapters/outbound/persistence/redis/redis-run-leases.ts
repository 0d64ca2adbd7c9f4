import { z } from 'zod';
import type { RunLeases } from '../../../../application/ports/run-leases.js';
import type { SessionPosition } from '../../../../application/ports/session-repository.js';
import type { Run, RunLease } from '../../../../domain/run.js';
import type { RedisSystem } from './redis-system.js';
import { claimScript } from './scripts/claim.js';
import { renewScript } from './scripts/renew.js';
import type { ListedSession } from './session-index.js';
import { storedDate, storedFields, storedRun } from './stored-run.js';
import type { TurnEnding } from './turn-ending.js';

/** How many sessions are looked at together, and how often in one claim: many may be due because they have expired. */
const LOOKS_AT_ONCE = 128;
const MAX_ROUNDS = 64;

const renewed = z.string().nullable();
const looked = z.tuple([z.number().nullable(), z.string().optional(), storedFields.optional(), z.number().optional()]);

export class RedisRunLeases implements RunLeases {
  constructor(
    private readonly redis: RedisSystem,
    private readonly turns: TurnEnding,
  ) {}

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    const sessions = await Promise.all(leases.map((lease) => this.renewOne(lease)));
    await this.redis.index.postpone(sessions.filter((session) => session !== undefined));
    const lost = leases.filter((_, index) => sessions[index] === undefined);
    for (const { id } of lost) this.redis.feed.writesNoMore(id);
    return lost;
  }

  async claimOrphans(limit: number): Promise<readonly Run[]> {
    const claimed: Run[] = [];
    // What was claimed at the beginning of a long call may be due again before its end.
    const seen = new Set<string>();
    for (let round = 0; round < MAX_ROUNDS && claimed.length < limit; round += 1) {
      const all = await this.redis.index.due(Math.min(limit - claimed.length, LOOKS_AT_ONCE));
      const due = all.filter(({ id }) => !seen.has(id));
      for (const { id } of due) seen.add(id);
      const looks = await Promise.allSettled(due.map((session) => this.look(session)));
      claimed.push(...looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : [])));
      const failed = looks.find(({ status }) => status === 'rejected');
      if (due.length === 0 || failed !== undefined) return claimedInSpiteOf(failed, claimed);
    }
    return claimed;
  }

  letGo({ id }: RunLease): void {
    this.redis.feed.writesNoMore(id);
  }

  /** The session of a lease that still holds. */
  private async renewOne({ id, sessionId, epoch }: RunLease): Promise<SessionPosition | undefined> {
    const { connection, keys, times } = this.redis;
    const names = [...keys.session(sessionId), keys.journal(sessionId, id)];
    const answer = await connection.run(renewScript, names, [id, epoch, times.lease, times.busy]);
    const createdAt = renewed.parse(answer);
    return createdAt === null ? undefined : { id: sessionId, createdAt: storedDate(createdAt) };
  }

  /** The session's active run, if nobody writes it. */
  private async look(session: ListedSession): Promise<readonly Run[]> {
    const { connection, keys, times, news, index, directory } = this.redis;
    const values = [session.createdAt.getTime(), news.channel, times.lease, times.busy];
    const answer = await connection.run(claimScript, keys.session(session.id), values);
    const [again, runId, fields, last] = looked.parse(answer);
    const run = runId && fields ? storedRun(session.id, runId, fields)?.run : undefined;
    if (run !== undefined && last !== undefined) {
      await this.turns.complete(run, last);
      return this.look(session);
    }
    if (run !== undefined) this.redis.feed.writes(run.id);
    const notes = [index.settle(session, again ?? undefined), run && directory.announce(run)];
    // If they fail the session is looked at once more, and what was claimed is claimed.
    await Promise.allSettled(notes);
    return run === undefined ? [] : [run];
  }
}

/** What is claimed has to be written, also when the store went away meanwhile. */
function claimedInSpiteOf(failed: PromiseSettledResult<unknown> | undefined, claimed: readonly Run[]): readonly Run[] {
  if (failed?.status === 'rejected' && claimed.length === 0) throw failed.reason;
  return claimed;
}
