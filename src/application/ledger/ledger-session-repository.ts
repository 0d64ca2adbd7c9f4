import { accept, endAll } from '../../domain/conversation.js';
import { SessionNotFound } from '../../domain/errors.js';
import { assistantMessage, type Message, userMessage } from '../../domain/message.js';
import { acceptedBefore, startedByKey } from '../../domain/repeats.js';
import type { Run } from '../../domain/run.js';
import type { Session } from '../../domain/session.js';
import { birthOf, runIn, sessionIn } from '../../domain/session-head.js';
import type { History, SessionLedger } from '../ports/session-ledger.js';
import type { AcceptedTurn, NewTurn, SessionPosition, SessionRepository } from '../ports/session-repository.js';
import { sessionKeyOf } from './session-key.js';
import type { SessionSteps } from './session-steps.js';

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
      const change = accept(seen.head, { ...turn, birth, writer: this.writer });
      const run = runIn(change.head, { birth, outcome: undefined });
      return { change, key, result: () => ({ run, replayed: false }) };
    });
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

  async *messages(sessionId: string, upToRun?: string): AsyncGenerator<readonly Message[]> {
    let page: History | undefined;
    do {
      const after = page?.turns.at(-1)?.birth.id;
      page = await this.ledger.history(sessionKeyOf({ sessionId }), { after, through: upToRun });
      if (page === undefined) throw new SessionNotFound(sessionId);
      if (page.turns.length > 0) yield messagesOf(page, upToRun);
    } while (page.hasMore);
  }

  async delete(sessionId: string, at: Date): Promise<void> {
    await this.steps.remove(sessionKeyOf({ sessionId }), (head) => {
      if (head === undefined) throw new SessionNotFound(sessionId);
      return endAll(head, at);
    });
  }
}

function messagesOf({ head, turns }: History, upToRun: string | undefined): readonly Message[] {
  return turns.flatMap((turn) => {
    const run = runIn(head, turn);
    const reply = run.id === upToRun ? undefined : assistantMessage(run, turn.answer);
    return reply === undefined ? [userMessage(run)] : [userMessage(run), reply];
  });
}
