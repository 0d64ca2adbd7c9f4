import { z } from 'zod';
import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { JournalGap, RunNotFound } from '../../../../domain/errors.js';
import type { Run, RunLease, StopCause } from '../../../../domain/run.js';
import { endEvents, type RunEvent } from '../../../../domain/run-event.js';
import type { RedisSystem } from './redis-system.js';
import { checkRefusal, gapIn } from './refusal.js';
import { beginScript } from './scripts/begin.js';
import { endScript } from './scripts/end.js';
import { RUN_FIELDS } from './scripts/session-lua.js';
import { stopScript } from './scripts/stop.js';
import { storedDate, storedFields, storedRun } from './stored-run.js';

const ended = z.tuple([storedFields, z.string().nullable(), storedFields.nullable(), z.string()]);

export class RedisRunRepository implements RunRepository {
  constructor(private readonly redis: RedisSystem) {}

  async find(runId: string): Promise<Run> {
    const { connection, keys, directory } = this.redis;
    const sessionId = await directory.sessionOf(runId);
    const [session] = keys.session(sessionId);
    const fields = RUN_FIELDS.map((field) => `${runId}:${field}`);
    return runOf(sessionId, runId, await connection.ask((client) => client.hmget(session, ...fields)));
  }

  async begin(lease: RunLease): Promise<Run> {
    try {
      return await this.storeBegin(lease);
    } catch (error) {
      // Whether somebody else writes is not known any more.
      this.redis.feed.writesNoMore(lease.id);
      throw error;
    }
  }

  async end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn> {
    const events = endEvents(reply.ending, reply.lastSequence + 1);
    try {
      const turn = await this.storeEnd(lease, reply, events);
      this.redis.feed.appended(lease.id, events);
      if (turn.next !== undefined) this.redis.feed.writes(turn.next.id);
      return turn;
    } finally {
      this.redis.feed.writesNoMore(lease.id);
    }
  }

  async requestStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const { connection, keys, times, directory, news } = this.redis;
    const sessionId = await directory.sessionOf(runId);
    const [session] = keys.session(sessionId);
    const [closing] = endEvents({ finishReason: cause, usage: undefined, error: undefined, at }, 1);
    const values = [runId, cause, at.getTime(), JSON.stringify(closing), times.journal, `${keys.news}${runId}`];
    const answer = await connection.run(stopScript, [session, keys.journal(sessionId, runId)], values);
    news.asked(runId);
    return runOf(sessionId, runId, answer);
  }

  stopRequest(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    return this.redis.news.stopRequest(runId, signal);
  }

  private async storeBegin({ id, sessionId, epoch }: RunLease): Promise<Run> {
    const { connection, keys } = this.redis;
    const [session] = keys.session(sessionId);
    const answer = await connection.run(beginScript, [session], [id, epoch]);
    checkRefusal(id, answer);
    return runOf(sessionId, id, answer);
  }

  private async storeEnd(lease: RunLease, reply: FinishedReply, events: readonly RunEvent[]): Promise<EndedTurn> {
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

/** Throws RunNotFound. */
function runOf(sessionId: string, runId: string, fields: unknown): Run {
  const found = storedRun(sessionId, runId, storedFields.parse(fields));
  if (found === undefined) throw new RunNotFound(runId);
  return found.run;
}
