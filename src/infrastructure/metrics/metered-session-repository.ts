import type { RecentPage, RecentPosition } from '../../application/ports/recent-sessions.js';
import type {
  AcceptedTurn,
  CancelledSession,
  LocatedSession,
  NewSettling,
  NewTurn,
  SessionPosition,
  SessionRepository,
  SettledCalls,
} from '../../application/ports/session-repository.js';
import type { Caller } from '../../domain/caller.js';
import { DomainError } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import type { JournalledReply, OpenCall } from '../../domain/reply-step.js';
import type { Run } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import type { Labels } from '../../domain/session-labels.js';
import type { WholeRun, WholeSession } from '../../domain/whole-session.js';
import type { Metrics } from './metrics.js';
import { StoreCalls } from './store-calls.js';

/** Any sessions, with their calls timed and what became of each message counted. */
export class MeteredSessionRepository implements SessionRepository {
  private readonly calls: StoreCalls;

  constructor(
    private readonly sessions: SessionRepository,
    private readonly metrics: Metrics,
  ) {
    this.calls = new StoreCalls(metrics);
  }

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    try {
      const accepted = await this.calls.timed('accept', this.sessions.accept(turn));
      this.metrics.messages.inc({ outcome: accepted.replayed ? 'replayed' : accepted.run.status });
      return accepted;
    } catch (error) {
      this.metrics.messages.inc({ outcome: error instanceof DomainError ? error.code : 'failed' });
      throw error;
    }
  }

  locate(sessionId: string, by: Caller): Promise<LocatedSession> {
    return this.calls.timed('locate_session', this.sessions.locate(sessionId, by));
  }

  owned(userId: string): AsyncIterable<readonly string[]> {
    return this.sessions.owned(userId);
  }

  settle(settling: NewSettling): Promise<SettledCalls> {
    return this.calls.timed('settle', this.sessions.settle(settling));
  }

  openCalls(key: string): Promise<readonly OpenCall[]> {
    return this.calls.timed('open_calls', this.sessions.openCalls(key));
  }

  cancel(key: string, at: Date, handsOver: boolean): Promise<CancelledSession> {
    return this.calls.timed('cancel_session', this.sessions.cancel(key, at, handsOver));
  }

  findAccepted(turn: NewTurn): Promise<Run | undefined> {
    return this.calls.timed('find_accepted', this.sessions.findAccepted(turn));
  }

  find(key: string): Promise<Session> {
    return this.calls.timed('find_session', this.sessions.find(key));
  }

  records(key: string): AsyncGenerator<readonly WholeRun[]> {
    return this.timedPages(this.sessions.records(key));
  }

  turnsThrough(run: Run): AsyncGenerator<readonly WholeRun[]> {
    return this.timedPages(this.sessions.turnsThrough(run));
  }

  bring(whole: WholeSession): Promise<Session> {
    return this.calls.timed('bring_session', this.sessions.bring(whole));
  }

  label(key: string, labels: Labels): Promise<Session> {
    return this.calls.timed('label_session', this.sessions.label(key, labels));
  }

  list(
    limit: number,
    after: SessionPosition | undefined,
    signal?: AbortSignal,
    by?: Caller,
  ): Promise<readonly Session[]> {
    return this.calls.timed('list_sessions', this.sessions.list(limit, after, signal, by));
  }

  recent(limit: number, after: RecentPosition | undefined, by: Caller, signal: AbortSignal): Promise<RecentPage> {
    return this.calls.timed('list_sessions', this.sessions.recent(limit, after, by, signal));
  }

  messages(key: string): AsyncGenerator<readonly Message[]> {
    return this.timedPages(this.sessions.messages(key));
  }

  latestMessages(key: string, through?: string): AsyncGenerator<readonly Message[]> {
    return this.timedPages(this.sessions.latestMessages(key, through));
  }

  latestRun(key: string): Promise<Run> {
    return this.calls.timed('latest_run', this.sessions.latestRun(key));
  }

  answerOf(run: Run): Promise<JournalledReply> {
    return this.calls.timed('answer_of', this.sessions.answerOf(run));
  }

  /** Each page is a call. */
  private async *timedPages<Page>(reading: AsyncIterable<Page>): AsyncGenerator<Page> {
    const pages = reading[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await this.calls.timed('messages', pages.next());
      if (done) return;
      yield value;
    }
  }

  takeBack(brought: Session): Promise<void> {
    return this.calls.timed('delete_session', this.sessions.takeBack(brought));
  }

  delete(key: string, at: Date): Promise<void> {
    return this.calls.timed('delete_session', this.sessions.delete(key, at));
  }
}
