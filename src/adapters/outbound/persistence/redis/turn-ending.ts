import { z } from 'zod';
import type { EndedTurn, FinishedReply } from '../../../../application/ports/run-repository.js';
import { JournalGap } from '../../../../domain/errors.js';
import type { Run, RunLease } from '../../../../domain/run.js';
import { endEvents, type RunEvent } from '../../../../domain/run-event.js';
import type { RedisSystem } from './redis-system.js';
import { checkRefusal, gapIn } from './refusal.js';
import { endScript } from './scripts/end.js';
import { runOf, storedDate, storedFields } from './stored-run.js';

const ended = z.tuple([storedFields, z.string().nullable(), storedFields.nullable(), z.string()]);

/** How a run ends, and the session's turn is passed on. */
export class TurnEnding {
  constructor(private readonly redis: RedisSystem) {}

  /** `RunRepository.end`, without telling the readers of this process. */
  async end(lease: RunLease, reply: FinishedReply, events: readonly RunEvent[]): Promise<EndedTurn> {
    const { connection, keys } = this.redis;
    const names = [...keys.session(lease.sessionId), keys.journal(lease.sessionId, lease.id)];
    const answer = await connection.run(endScript, names, this.valuesOf(lease, reply, events));
    checkRefusal(lease.id, answer);
    const stands = gapIn(answer);
    if (stands !== undefined) throw new JournalGap(lease.id, stands, reply.lastSequence);
    const [run, nextId, next, createdAt] = ended.parse(answer);
    if (reply.handsOver) await this.redis.index.hurry({ id: lease.sessionId, createdAt: storedDate(createdAt) });
    return {
      run: runOf(lease.sessionId, lease.id, run),
      next: nextId === null || next === null ? undefined : runOf(lease.sessionId, nextId, next),
    };
  }

  /** Gives the ending of a run again whose turn was not passed on, so that what followed from it is made up for. `last` is the
   *  number of its last event. */
  async complete(run: Run, last: number): Promise<void> {
    const { finishReason = 'error', usage, error, endedAt = run.createdAt } = run;
    const ending = { finishReason, usage, error, at: endedAt };
    const lastSequence = last - endEvents(ending, 1).length;
    const events = endEvents(ending, lastSequence + 1);
    await this.end(run, { ending, text: '', lastSequence, handsOver: true }, events);
    this.redis.feed.changed(run.id);
  }

  private valuesOf({ id, epoch }: RunLease, reply: FinishedReply, events: readonly RunEvent[]) {
    const { keys, times, news } = this.redis;
    const { finishReason, usage, error, at } = reply.ending;
    return [
      id,
      epoch,
      times.idle,
      times.busy,
      reply.lastSequence,
      finishReason,
      usage === undefined ? '' : JSON.stringify(usage),
      error === undefined ? '' : JSON.stringify(error),
      at.getTime(),
      reply.text,
      reply.handsOver ? '' : news.channel,
      times.lease,
      `${keys.news}${id}`,
      times.journal,
      ...events.map((event) => JSON.stringify(event)),
    ];
  }
}
