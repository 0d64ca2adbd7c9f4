import { assistantMessage, type Message, userMessage } from '../../domain/message.js';
import { runIn, type SessionHead } from '../../domain/session-head.js';
import type { RecordedTurn } from '../ports/session-ledger.js';

/** The messages of a turn in their order: what was asked, and what was answered. */
export function messagesOf(head: SessionHead, turn: RecordedTurn): readonly Message[] {
  const run = runIn(head, turn);
  const reply = assistantMessage(run, turn.answer);
  return reply === undefined ? [userMessage(run)] : [userMessage(run), reply];
}
