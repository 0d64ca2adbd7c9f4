import { accept, endAll } from '../../domain/conversation.js';
import { RunNotFound, SessionNotFound } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import { acceptedBefore, startedByKey } from '../../domain/repeats.js';
import type { Run, RunBirth } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import { birthOf, runIn, type SeenSession, sessionIn } from '../../domain/session-head.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import type { AcceptedTurn, NewTurn, SessionPosition, SessionRepository } from '../ports/session-repository.js';
import { inOrder, latestFirst } from './history-path.js';
import { sessionKeyOf } from './session-key.js';
import type { Decision, SessionSteps } from './session-steps.js';
import { placedFor } from './take-back.js';
import { messagesOf } from './turn-messages.js';

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
      const { replaces } = birth.request;
      if (replaces === undefined) return this.accepted(seen, turn, birth);
      if (seen.head === undefined) throw new RunNotFound(replaces);
      const placing = placedFor(this.ledger, sessionKeyOf(birth), replaces, seen.head, birth);
      return placing.then((placed) => this.accepted(seen, turn, placed));
    });
  }

  private accepted({ head }: SeenSession, turn: NewTurn, birth: RunBirth): Decision<AcceptedTurn> {
    const change = accept(head, { ...turn, birth, writer: this.writer });
    const run = runIn(change.head, { birth, outcome: undefined });
    return { change, key: turn.idempotencyKey, result: () => ({ run, replayed: false }) };
  }

  async findAccepted({ run, idempotencyKey }: NewTurn): Promise<Run | undefined> {
    return startedByKey(await this.ledger.load(sessionKeyOf(run), { key: idempotencyKey }), run.request);
  }

  async find(sessionId: string): Promise<Session> {
    const { head } = await this.ledger.load(sessionKeyOf({ sessionId }), {});
    if (head === undefined) throw new SessionNotFound(sessionId);
    return sessionIn(head);
  }

  async list(limit: number, after?: SessionPosition, signal?: AbortSignal): Promise<readonly Session[]> {
    const last = after && { createdAt: after.createdAt, key: sessionKeyOf({ sessionId: after.id }) };
    return (await this.ledger.list('', limit, last, signal)).map(({ head }) => sessionIn(head));
  }

  async *messages(sessionId: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of inOrder(this.ledger, sessionKeyOf({ sessionId })))
      yield turns.flatMap((turn) => messagesOf(head, turn));
  }

  async *latestMessages(sessionId: string, through?: string): AsyncGenerator<readonly Message[]> {
    for await (const { head, turns } of latestFirst(this.ledger, sessionKeyOf({ sessionId }), through))
      yield turns.flatMap((turn) => {
        const messages = messagesOf(head, turn);
        return turn.birth.id === through ? messages.slice(0, 1) : messages.toReversed();
      });
  }

  async answerOf({ id, sessionId }: Run): Promise<string> {
    const range = { through: id, latest: true, limit: 1 };
    const turn = (await this.ledger.history(sessionKeyOf({ sessionId }), range))?.turns[0];
    if (turn?.birth.id !== id) throw new SessionNotFound(sessionId);
    return turn.answer;
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    await this.steps.remove(sessionKeyOf({ sessionId }), (head) => {
      if (head === undefined) throw new SessionNotFound(sessionId);
      return endAll(head, at);
    });
  }
}
