import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import type { Run, RunLease, StopCause } from '../../../../domain/run.js';
import { endEvents } from '../../../../domain/run-event.js';
import type { RedisSystem } from './redis-system.js';
import { checkRefusal } from './refusal.js';
import { beginScript } from './scripts/begin.js';
import { RUN_FIELDS } from './scripts/session-lua.js';
import { stopScript } from './scripts/stop.js';
import { runOf } from './stored-run.js';
import type { TurnEnding } from './turn-ending.js';

export class RedisRunRepository implements RunRepository {
  constructor(
    private readonly redis: RedisSystem,
    private readonly turns: TurnEnding,
  ) {}

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
      const turn = await this.turns.end(lease, reply, events);
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
}
