import { SessionExists } from '../../domain/bringing-errors.js';
import type { Message } from '../../domain/message.js';
import type { Session } from '../../domain/session.js';
import { type SessionHead, sessionIn } from '../../domain/session-head.js';
import { bringing, unmeasuredHead, type WholeSession } from '../../domain/whole-session.js';
import type { History, HistoryRange, SessionLedger } from '../ports/session-ledger.js';
import { inOrder } from './history-path.js';
import { measured } from './measured-head.js';
import type { Decision } from './session-steps.js';
import { messagesOf } from './turn-messages.js';

/** The session as it will stand when it is brought, and its history, read from what is brought. */
export async function broughtSession(whole: WholeSession) {
  const unread = unmeasuredHead(whole);
  const ledger = historyOf(whole, unread);
  const head = await measured(ledger, unread.id, unread);
  const messages: Message[] = [];
  for await (const { turns } of inOrder(ledger, head.id))
    messages.push(...turns.flatMap((turn) => messagesOf(head, turn)));
  return { head: { ...head, messageCount: messages.length }, messages };
}

/** All turns on one page. */
function historyOf({ runs: turns }: WholeSession, head: SessionHead): Pick<SessionLedger, 'history'> {
  return {
    async history(_key: string, _range: HistoryRange): Promise<History> {
      return { head, turns, hasMore: false };
    },
  };
}

/** The step that brings it. Throws SessionExists. */
export async function broughtInto(seen: SessionHead | undefined, whole: WholeSession): Promise<Decision<Session>> {
  if (seen !== undefined) throw new SessionExists(whole.id);
  const { head } = await broughtSession(whole);
  return { change: bringing(whole, head), result: () => sessionIn(head) };
}
