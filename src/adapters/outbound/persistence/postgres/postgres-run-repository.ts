import { sql } from 'kysely';
import type { EndedTurn, FinishedReply, RunRepository } from '../../../../application/ports/run-repository.js';
import { LeaseLost, RunNotFound } from '../../../../domain/errors.js';
import { isEnded, type Run, type RunLease, type StopCause } from '../../../../domain/run.js';
import type { StopWatch } from '../stop-watch.js';
import { isRefusal, refusalOf, standingsOf } from './lease-refusals.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { RunNews } from './run-news.js';
import type { StoreOptions } from './store-options.js';
import { RUN_COLUMNS, RUNNING, toRun } from './stored-run.js';
import { isThere } from './stored-session.js';
import { type TurnEnd, TurnEnding } from './turn-ending.js';

export class PostgresRunRepository implements RunRepository {
  constructor(
    private readonly database: PostgresDatabase,
    private readonly stopWatch: StopWatch,
    private readonly news: RunNews,
    private readonly options: StoreOptions,
  ) {}

  async find(runId: string): Promise<Run> {
    const row = await this.database.queries
      .selectFrom('runs')
      .innerJoin('sessions', 'sessions.key', 'runs.session')
      .select(RUN_COLUMNS)
      .where('runs.id', '=', runId)
      .where(isThere(this.options.sessionTtlMilliseconds))
      .executeTakeFirst();
    if (row === undefined) throw new RunNotFound(runId);
    return toRun(row);
  }

  async begin(lease: RunLease): Promise<Run> {
    const { queries } = this.database;
    const row = await queries
      .updateTable('runs')
      .set({ attempts: sql<number>`attempts + 1` })
      .where('id', '=', lease.id)
      .where('epoch', '=', lease.epoch)
      .where('epoch', '>', 0)
      .where('status', '=', RUNNING)
      .returning(RUN_COLUMNS)
      .executeTakeFirst();
    if (row !== undefined) return toRun(row);
    this.news.writesNoMore(lease.id);
    throw refusalOf(lease, (await standingsOf(queries, [lease.id])).get(lease.id)) ?? new LeaseLost(lease.id);
  }

  async end(lease: RunLease, reply: FinishedReply): Promise<EndedTurn> {
    const { run, events, next } = await this.endInTurn(lease, reply);
    this.news.ended(run.id, events);
    if (next !== undefined) this.news.writes(next.id);
    return { run, next };
  }

  async requestStop(runId: string, cause: StopCause, at: Date): Promise<Run> {
    const { run, events } = await this.database.transaction((queries) =>
      new TurnEnding(queries, this.options).requestStop(runId, cause, at),
    );
    if (isEnded(run)) this.news.appended(runId, events);
    else this.news.stopAsked(runId);
    return run;
  }

  stopRequest(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    const heard = this.stopWatch.heard(runId, signal);
    this.stopWatch.asked(runId);
    return heard;
  }

  private async endInTurn(lease: RunLease, reply: FinishedReply): Promise<TurnEnd> {
    try {
      return await this.database.transaction((queries) => new TurnEnding(queries, this.options).end(lease, reply));
    } catch (error) {
      if (isRefusal(error)) this.news.writesNoMore(lease.id);
      throw error;
    }
  }
}
