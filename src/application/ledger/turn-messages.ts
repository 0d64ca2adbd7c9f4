import { type Message, messagesOfRun } from '../../domain/message.js';
import { runIn, type SessionHead } from '../../domain/session-head.js';
import type { RecordedTurn } from '../ports/session-ledger.js';

/** The messages of a turn of the store, in their order. */
export function messagesOf(head: SessionHead, turn: RecordedTurn): readonly Message[] {
  return messagesOfRun(runIn(head, turn), turn.answer, turn.outcome);
}
