import type { Caller } from '../../domain/caller.js';
import { accept, cancel, endAll } from '../../domain/conversation.js';
import { RunNotFound, SessionNotFound } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import { acceptedBefore, startedByKey } from '../../domain/repeats.js';
import type { JournalledReply, OpenCall } from '../../domain/reply-step.js';
import type { Run, RunBirth } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import { birthOf, runIn, type SessionHead, sessionIn } from '../../domain/session-head.js';
import { type Labels, labelled } from '../../domain/session-labels.js';
import type { AskingRun } from '../../domain/waiting-turn.js';
import type { WholeRun, WholeSession } from '../../domain/whole-session.js';
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
import { askingRun, turnOf } from './asking-run.js';
import { broughtInto } from './brought-session.js';
import { cancelledSession } from './cancelled-session.js';
import { inOrder, latestFirst } from './history-path.js';
import { latestRunIn } from './latest-run.js';
import { isMeasured, measured } from './measured-head.js';
import { openCallsIn } from './open-calls.js';
import { type Elsewhere, keysOf, ownedBy, soleOwnerOf } from './owned-sessions.js';
import { recordsIn } from './run-records.js';
import { sessionKeyOf } from './session-key.js';
import { listedShelf } from './session-shelves.js';
import type { Decision, SessionSteps } from './session-steps.js';
import { settledIn } from './settled-calls.js';
import { shown } from './shown-sessions.js';
import { placedFor } from './take-back.js';
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
    const wanted = { runs: [birth.id], key };
    const accepted = await this.steps.change<AcceptedTurn | Elsewhere>(sessionKeyOf(birth), wanted, (seen) => {
      const before = acceptedBefore(seen, birth.id, birth.request, this.writer);
      return before === undefined
        ? this.accepting(seen.head, turn, birth)
        : { change: undefined, result: () => before };
    });
    return 'ownerElsewhere' in accepted ? this.accept(ownedBy(accepted.ownerElsewhere, turn)) : accepted;
  }

  private accepting(head: SessionHead | undefined, turn: NewTurn, birth: RunBirth) {
    if (head === undefined && birth.userId === undefined) return this.begunUnlessElsewhere(turn, birth);
    const isKnown = head === undefined || (isMeasured(head) && head.waiting === undefined);
    if (isKnown && birth.request.replaces === undefined) return this.acceptedWith(head, turn, birth, undefined);
    return this.acceptedIn(head, turn, birth);
  }

  /** What nobody has may still be a user's. */
  private async begunUnlessElsewhere(turn: NewTurn, birth: RunBirth): Promise<Decision<AcceptedTurn | Elsewhere>> {
    const ownerElsewhere = await soleOwnerOf(this.ledger, birth.sessionId);
    if (ownerElsewhere !== undefined) return { change: undefined, result: () => ({ ownerElsewhere }) };
    return this.acceptedIn(undefined, turn, birth);
  }

  /** For what has to be read before it can be decided. */
  private async acceptedIn(head: SessionHead | undefined, turn: NewTurn, birth: RunBirth) {
    const key = sessionKeyOf(birth);
    const known = head && (await measured(this.ledger, key, head));
    const asking = await askingRun(this.ledger, key, known);
    const { replaces } = birth.request;
    if (replaces === undefined) return this.acceptedWith(known, turn, birth, asking);
    if (known === undefined) throw new RunNotFound(replaces);
    const placed = await placedFor(this.ledger, key, replaces, known, birth);
    return this.acceptedWith(known, turn, placed, asking);
  }

  private acceptedWith(
    head: SessionHead | undefined,
    turn: NewTurn,
    birth: RunBirth,
    asking: AskingRun | undefined,
  ): Decision<AcceptedTurn> | Promise<Decision<AcceptedTurn>> {
    const change = accept(head, { ...turn, birth, asking, writer: this.writer, maxBytes: turn.maxSessionBytes });
    const run = runIn(change.head, { birth: change.birth, outcome: undefined });
    const decision = { change, key: turn.idempotencyKey, result: () => ({ run, replayed: false }) };
    const admitting = turn.admit?.(change.birth);
    return admitting === undefined ? decision : admitting.then(() => decision);
  }

  async findAccepted(turn: NewTurn): Promise<Run | undefined> {
    const { run, idempotencyKey } = turn;
    const seen = await this.ledger.load(sessionKeyOf(run), { key: idempotencyKey });
    if (seen.head !== undefined || run.userId !== undefined) return startedByKey(seen, run.request);
    const owner = await soleOwnerOf(this.ledger, run.sessionId);
    return owner === undefined ? undefined : this.findAccepted(ownedBy(owner, turn));
  }

  async locate(sessionId: string, { userId }: Caller): Promise<LocatedSession> {
    const own = { userId, key: sessionKeyOf({ sessionId, userId }) };
    if (userId !== undefined || (await this.ledger.load(own.key, {})).head !== undefined) return own;
    const owner = await soleOwnerOf(this.ledger, sessionId);
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

  bring(whole: WholeSession): Promise<Session> {
    return this.steps.change<Session>(sessionKeyOf({ ...whole, sessionId: whole.id }), {}, (seen) =>
      broughtInto(seen.head, whole),
    );
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

  async *messages(key: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of inOrder(this.ledger, key))
      yield turns.flatMap((turn) => messagesOf(head, turn));
  }

  async *latestMessages(key: string, through?: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of latestFirst(this.ledger, key, through))
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
