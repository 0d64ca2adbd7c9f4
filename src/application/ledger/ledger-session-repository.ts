import type { Caller } from '../../domain/caller.js';
import { SessionNotFound } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import { acceptedBefore, startedByKey } from '../../domain/repeats.js';
import type { JournalledReply, OpenCall } from '../../domain/reply-step.js';
import type { Run } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import { birthOf, sessionIn } from '../../domain/session-head.js';
import { type Labels, labelled } from '../../domain/session-labels.js';
import { cancel, endAll } from '../../domain/stopping.js';
import type { WholeRun, WholeSession } from '../../domain/whole-session.js';
import type { RecentPage, RecentPosition } from '../ports/recent-sessions.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import type {
  AcceptedTurn,
  CancelledSession,
  LocatedSession,
  NewSettling,
  NewTurn,
  SessionPosition,
  SessionRepository,
  SettledCalls,
} from '../ports/session-repository.js';
import { acceptedInto } from './accepted-turn.js';
import { askingRun, turnOf } from './asking-run.js';
import { broughtInto } from './brought-session.js';
import { cancelledSession } from './cancelled-session.js';
import { inOrder, latestFirst } from './history-path.js';
import { latestRunIn } from './latest-run.js';
import { measured } from './measured-head.js';
import { openCallsIn } from './open-calls.js';
import { type Elsewhere, elsewhereOf, keysOf, ownedBy, soleOwnerOf } from './owned-sessions.js';
import { recentPage } from './recent-sessions.js';
import { recordsIn, turnsThrough } from './run-records.js';
import { sessionKeyOf } from './session-key.js';
import { listedShelf } from './session-shelves.js';
import type { SessionSteps } from './session-steps.js';
import { settledIn } from './settled-calls.js';
import { shown } from './shown-sessions.js';
import { messagesOf } from './turn-messages.js';

export class LedgerSessionRepository implements SessionRepository {
  constructor(
    private readonly ledger: SessionLedger,
    private readonly steps: SessionSteps,
    private readonly writer: string,
  ) {}

  async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const birth = birthOf(turn.run);
    const key = turn.idempotencyKey;
    const wanted = { runs: [birth.id], key, elsewhere: elsewhereOf(birth) };
    const accepted = await this.steps.change<AcceptedTurn | Elsewhere>(sessionKeyOf(birth), wanted, (seen) => {
      const before = acceptedBefore(seen, birth.id, birth.request, this.writer);
      if (before !== undefined) return { change: undefined, result: () => before };
      return acceptedInto(this.ledger, seen, { turn, birth, writer: this.writer });
    });
    return 'ownerElsewhere' in accepted ? this.accept(ownedBy(accepted.ownerElsewhere, turn)) : accepted;
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    const { run, idempotencyKey } = turn;
    const seen = await this.ledger.load(sessionKeyOf(run), { key: idempotencyKey, elsewhere: elsewhereOf(run) });
    if (seen.head !== undefined || run.userId !== undefined) return startedByKey(seen, run.request);
    const owner = await soleOwnerOf(this.ledger, run.sessionId, seen);
    return owner === undefined ? undefined : this.findAccepted(ownedBy(owner, turn));
  }

  async locate(sessionId: string, { userId }: Caller): Promise<LocatedSession> {
    const own = { userId, key: sessionKeyOf({ sessionId, userId }) };
    if (userId !== undefined) return own;
    const seen = await this.ledger.load(own.key, { elsewhere: elsewhereOf({ sessionId, userId }) });
    if (seen.head !== undefined) return own;
    const owner = await soleOwnerOf(this.ledger, sessionId, seen);
    return { userId: owner, key: sessionKeyOf({ sessionId, userId: owner }) };
  }

  owned(userId: string): AsyncIterable<readonly string[]> {
    return keysOf(this.ledger, userId);
  }

  settle(settling: NewSettling): Promise<SettledCalls> {
    const { run, idempotencyKey: key } = settling;
    return this.steps.change<SettledCalls>(sessionKeyOf(run), { runs: [run.id], key }, (seen) =>
      settledIn(this.ledger, seen, settling, this.writer),
    );
  }

  openCalls(key: string): Promise<readonly OpenCall[]> {
    return openCallsIn(this.ledger, key);
  }

  cancel(key: string, at: Date, handsOver: boolean): Promise<CancelledSession> {
    return this.steps.change<CancelledSession>(key, { active: true }, async (seen) => {
      if (seen.head === undefined) throw new SessionNotFound(key);
      const asking = await askingRun(this.ledger, key, seen.head);
      const change = cancel(seen, asking, at, handsOver ? undefined : this.writer);
      return { change, result: (after) => cancelledSession(seen.head, after, key, this.writer) };
    });
  }

  records(key: string): AsyncGenerator<readonly WholeRun[]> {
    return recordsIn(this.ledger, key);
  }

  turnsThrough(run: Run): AsyncGenerator<readonly WholeRun[]> {
    return turnsThrough(this.ledger, run);
  }

  bring(whole: WholeSession): Promise<Session> {
    return this.steps.change<Session>(sessionKeyOf({ ...whole, sessionId: whole.id }), {}, (seen) =>
      broughtInto(seen.head, whole),
    );
  }

  async takeBack({ id, userId, messageCount }: Session): Promise<void> {
    const key = sessionKeyOf({ sessionId: id, userId });
    await this.steps.remove(key, (head) => (head?.messageCount === messageCount ? [] : undefined));
  }

  async find(key: string): Promise<Session> {
    const { head } = await this.ledger.load(key, {});
    if (head === undefined) throw new SessionNotFound(key);
    return sessionIn(await measured(this.ledger, key, head));
  }

  label(key: string, labels: Labels): Promise<Session> {
    return this.steps.change<Session>(key, {}, async ({ head }) => {
      if (head === undefined) throw new SessionNotFound(key);
      const change = labelled(await measured(this.ledger, key, head), labels);
      return { change, result: (after) => sessionIn(after.head ?? change.head) };
    });
  }

  async list(
    limit: number,
    after: SessionPosition | undefined,
    signal?: AbortSignal,
    by: Caller = { userId: undefined },
  ): Promise<readonly Session[]> {
    const last = after && { createdAt: after.createdAt, key: sessionKeyOf({ ...after, sessionId: after.id }) };
    return shown(this.ledger, await this.ledger.list(listedShelf(by.userId), limit, last, signal), signal);
  }

  recent(
    limit: number,
    after: RecentPosition | undefined,
    { userId }: Caller,
    signal: AbortSignal,
  ): Promise<RecentPage> {
    return recentPage(this.ledger, listedShelf(userId), limit, after, signal);
  }

  async *messages(key: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of inOrder(this.ledger, key))
      yield turns.flatMap((turn) => messagesOf(head, turn));
  }

  async *latestMessages(key: string, through?: string): AsyncGenerator<readonly Message[]> {
    const begun = through === undefined ? undefined : this.steps.begunBy(key, through);
    for await (const { head, turns } of begun ?? latestFirst(this.ledger, key, through))
      yield turns.flatMap((turn) => messagesOf(head, turn).toReversed());
  }

  latestRun(key: string): Promise<Run> {
    return latestRunIn(this.ledger, key);
  }

  async answerOf(run: Run): Promise<JournalledReply> {
    const turn = await turnOf(this.ledger, sessionKeyOf(run), run.id);
    if (turn === undefined) throw new SessionNotFound(run.sessionId);
    return { text: turn.answer, steps: turn.outcome?.steps ?? [] };
  }

  async delete(key: string, at: Date): Promise<void> {
    await this.steps.remove(key, (head) => {
      if (head === undefined) throw new SessionNotFound(key);
      return endAll(head, at);
    });
  }
}
