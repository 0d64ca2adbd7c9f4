import type { AcceptedTurn, NewTurn } from '../../../../application/ports/session-repository.js';
import { IdempotencyMismatch, Overloaded } from '../../../../domain/errors.js';
import { isSameRequest, type Run } from '../../../../domain/run.js';
import { type Place, placeOf, type Session } from '../../../../domain/session.js';
import type { RedisSystem } from './redis-system.js';
import { acceptScript } from './scripts/accept.js';
import { type SessionView, sessionView } from './session-view.js';
import { fieldsOf } from './stored-run.js';

/** How a message gets its place: the domain decides on what was seen, and the server takes the decision if that still stands.
 *  If it does not, somebody else was faster, and it is decided again. */
export class TurnTaking {
  constructor(private readonly redis: RedisSystem) {}

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const { run } = turn;
    let view = await this.look(run.sessionId, run.id, turn.idempotencyKey);
    while (view.own === undefined) {
      const earlier = startedBy(turn, view);
      if (earlier !== undefined) return { run: earlier, replayed: true };
      const place = placeIn(view.session, turn);
      await this.announce(run, view.session, place);
      view = await this.take(turn, view.session, place);
    }
    if (view.own.run.status === 'running' && view.own.owner === this.redis.news.channel) this.redis.feed.writes(run.id);
    return { run: view.own.run, replayed: false };
  }

  async look(sessionId: string, runId: string, key: string | undefined): Promise<SessionView> {
    const { times } = this.redis;
    return this.run(sessionId, runId, key, [times.idle, times.busy, '']);
  }

  /** What must be there before the run is, wherever this process should die. */
  private async announce(run: Run, session: Session | undefined, place: Place): Promise<void> {
    const { index, directory } = this.redis;
    const { createdAt } = session ?? run;
    await Promise.all([directory.announce(run), index.announce({ id: run.sessionId, createdAt }, place)]);
  }

  private take({ run, idempotencyKey }: NewTurn, seen: Session | undefined, place: Place): Promise<SessionView> {
    const { times, news } = this.redis;
    const keyTime = idempotencyKey === undefined ? 0 : times.idempotencyKey;
    return this.run(run.sessionId, run.id, idempotencyKey, [
      times.idle,
      times.busy,
      place,
      seen?.createdAt.getTime() ?? '',
      seen?.activeRunId ?? '',
      seen?.queuedRuns ?? 0,
      news.channel,
      times.lease,
      keyTime,
      run.createdAt.getTime(),
      ...fieldsOf(run),
    ]);
  }

  private async run(sessionId: string, runId: string, key: string | undefined, values: readonly (string | number)[]) {
    const { connection, keys } = this.redis;
    const names = [...keys.session(sessionId), keys.idempotencyKey(sessionId, key)];
    return sessionView(sessionId, runId, await connection.run(acceptScript, names, [runId, ...values]));
  }
}

/** The run that the turn's key started. Throws IdempotencyMismatch. */
export function startedBy({ run }: NewTurn, { keyed }: SessionView): Run | undefined {
  if (keyed !== undefined && !isSameRequest(keyed.run, run.request)) throw new IdempotencyMismatch();
  return keyed?.run;
}

function placeIn(session: Session | undefined, { onBusy, queueLimit, replicaIsFull }: NewTurn): Place {
  const place = session === undefined ? 'now' : placeOf(session, onBusy, queueLimit);
  if (place === 'now' && replicaIsFull)
    throw new Overloaded('This replica is writing as many answers as it can; send the message again.');
  return place;
}
