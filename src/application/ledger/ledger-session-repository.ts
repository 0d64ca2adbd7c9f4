import { SessionExists } from '../../domain/bringing-errors.js';
import { accept, cancel, endAll } from '../../domain/conversation.js';
import { RunNotFound, SessionBusy, SessionNotFound } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import { acceptedBefore, startedByKey } from '../../domain/repeats.js';
import type { JournalledReply, OpenCall } from '../../domain/reply-step.js';
import type { Run, RunBirth } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import { birthOf, isIdle, runIn, type SessionHead, sessionIn } from '../../domain/session-head.js';
import { type Labels, labelled } from '../../domain/session-labels.js';
import { type AskingRun, openCallsOf } from '../../domain/waiting-turn.js';
import { bringing, type WholeRun, type WholeSession } from '../../domain/whole-session.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import type {
  AcceptedTurn,
  CancelledSession,
  NewSettling,
  NewTurn,
  SessionPosition,
  SessionRepository,
  SettledCalls,
} from '../ports/session-repository.js';
import { askingRun, turnOf } from './asking-run.js';
import { broughtSession } from './brought-session.js';
import { cancelledSession } from './cancelled-session.js';
import { everyPage, inOrder, latestFirst } from './history-path.js';
import { isMeasured, measured } from './measured-head.js';
import { sessionKeyOf } from './session-key.js';
import type { Decision, SessionSteps } from './session-steps.js';
import { settledIn } from './settled-calls.js';
import { placedFor } from './take-back.js';
import { messagesOf } from './turn-messages.js';

/** It is answering, or waits for calls, or was about to begin just now. */
function busyWith({ id, active, waiting }: SessionHead): SessionBusy {
  return new SessionBusy(active?.id ?? waiting?.runId ?? id);
}

export class LedgerSessionRepository implements SessionRepository {
  constructor(
    private readonly ledger: SessionLedger,
    private readonly steps: SessionSteps,
    private readonly writer: string,
  ) {}

  accept(turn: NewTurn): Promise<AcceptedTurn> {
    const birth = birthOf(turn.run);
    const key = turn.idempotencyKey;
    return this.steps.change<AcceptedTurn>(sessionKeyOf(birth), { runs: [birth.id], key }, (seen) => {
      const before = acceptedBefore(seen, birth.id, birth.request, this.writer);
      if (before !== undefined) return { change: undefined, result: () => before };
      const isKnown = seen.head === undefined || (isMeasured(seen.head) && seen.head.waiting === undefined);
      if (isKnown && birth.request.replaces === undefined) return this.acceptedWith(seen.head, turn, birth, undefined);
      return this.acceptedIn(seen.head, turn, birth);
    });
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

  async findAccepted({ run, idempotencyKey }: NewTurn): Promise<Run | undefined> {
    return startedByKey(await this.ledger.load(sessionKeyOf(run), { key: idempotencyKey }), run.request);
  }

  settle(settling: NewSettling): Promise<SettledCalls> {
    const { run, idempotencyKey: key } = settling;
    return this.steps.change<SettledCalls>(sessionKeyOf(run), { runs: [run.id], key }, (seen) =>
      settledIn(this.ledger, seen, settling, this.writer),
    );
  }

  async openCalls(sessionId: string): Promise<readonly OpenCall[]> {
    const key = sessionKeyOf({ sessionId });
    const { head } = await this.ledger.load(key, {});
    if (head === undefined) throw new SessionNotFound(sessionId);
    const asking = await askingRun(this.ledger, key, head);
    return head.waiting === undefined ? [] : openCallsOf(head.waiting, asking?.outcome.steps);
  }

  cancel(sessionId: string, at: Date, handsOver: boolean): Promise<CancelledSession> {
    const key = sessionKeyOf({ sessionId });
    return this.steps.change<CancelledSession>(key, { active: true }, async (seen) => {
      if (seen.head === undefined) throw new SessionNotFound(sessionId);
      const asking = await askingRun(this.ledger, key, seen.head);
      const change = cancel(seen, asking, at, handsOver ? undefined : this.writer);
      return { change, result: (after) => cancelledSession(seen.head, after, sessionId, this.writer) };
    });
  }

  async *records(sessionId: string): AsyncGenerator<readonly WholeRun[]> {
    for await (const { head, turns } of everyPage(this.ledger, sessionKeyOf({ sessionId }))) {
      const ended = turns.flatMap(({ birth, outcome, answer }) => (outcome ? [{ birth, outcome, answer }] : []));
      if (!isIdle(head) || ended.length < turns.length) throw busyWith(head);
      yield ended;
    }
  }

  bring(whole: WholeSession): Promise<Session> {
    return this.steps.change<Session>(sessionKeyOf({ sessionId: whole.id }), {}, async (seen) => {
      if (seen.head !== undefined) throw new SessionExists(whole.id);
      const { head } = await broughtSession(whole);
      return { change: bringing(whole, head), result: () => sessionIn(head) };
    });
  }

  async find(sessionId: string): Promise<Session> {
    const key = sessionKeyOf({ sessionId });
    const { head } = await this.ledger.load(key, {});
    if (head === undefined) throw new SessionNotFound(sessionId);
    return sessionIn(await measured(this.ledger, key, head));
  }

  label(sessionId: string, labels: Labels): Promise<Session> {
    const key = sessionKeyOf({ sessionId });
    return this.steps.change<Session>(key, {}, async ({ head }) => {
      if (head === undefined) throw new SessionNotFound(sessionId);
      const change = labelled(await measured(this.ledger, key, head), labels);
      return { change, result: (after) => sessionIn(after.head ?? change.head) };
    });
  }

  async list(limit: number, after?: SessionPosition, signal?: AbortSignal): Promise<readonly Session[]> {
    const last = after && { createdAt: after.createdAt, key: sessionKeyOf({ sessionId: after.id }) };
    const listed = await this.ledger.list('', limit, last, signal);
    const sessions: Session[] = [];
    for (const { key, head } of listed) {
      signal?.throwIfAborted();
      sessions.push(sessionIn(isMeasured(head) ? head : await measured(this.ledger, key, head)));
    }
    return sessions;
  }

  async *messages(sessionId: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of inOrder(this.ledger, sessionKeyOf({ sessionId })))
      yield turns.flatMap((turn) => messagesOf(head, turn));
  }

  async *latestMessages(sessionId: string, through?: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of latestFirst(this.ledger, sessionKeyOf({ sessionId }), through))
      yield turns.flatMap((turn) => messagesOf(head, turn).toReversed());
  }

  async latestRun(sessionId: string): Promise<Run> {
    const key = sessionKeyOf({ sessionId });
    const { head } = await this.ledger.load(key, {});
    const limit = 1 + (head?.queue.length ?? 0);
    const page = head && (await this.ledger.history(key, { latest: true, limit }));
    const turn = page?.turns.findLast(({ birth }) => !page.head.queue.includes(birth.id));
    if (page === undefined || turn === undefined) throw new SessionNotFound(sessionId);
    return runIn(page.head, turn);
  }

  async answerOf({ id, sessionId }: Run): Promise<JournalledReply> {
    const turn = await turnOf(this.ledger, sessionKeyOf({ sessionId }), id);
    if (turn === undefined) throw new SessionNotFound(sessionId);
    return { text: turn.answer, steps: turn.outcome?.steps ?? [] };
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    await this.steps.remove(sessionKeyOf({ sessionId }), (head) => {
      if (head === undefined) throw new SessionNotFound(sessionId);
      return endAll(head, at);
    });
  }
}
