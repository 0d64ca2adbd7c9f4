import { SessionNotFound } from '../../domain/errors.js';
import type { SessionHead } from '../../domain/session-head.js';
import { measuredWith, NOTHING_SAID, type SessionSize } from '../../domain/session-size.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { inOrder } from './history-path.js';
import { messagesOf } from './turn-messages.js';

/** The head with the size of its history. Where an older version kept it, the history is read for that, once: the next step keeps it.
 *  What is found holds only if the session still stands as `head` says. */
export async function measured(
  ledger: Pick<SessionLedger, 'history'>,
  key: string,
  head: SessionHead,
): Promise<SessionHead> {
  if (head.size !== undefined) return head;
  try {
    return { ...head, size: await sizeOf(ledger, key) };
  } catch (error) {
    if (!(error instanceof SessionNotFound)) throw error;
    return head;
  }
}

async function sizeOf(ledger: Pick<SessionLedger, 'history'>, key: string): Promise<SessionSize> {
  let size = NOTHING_SAID;
  for await (const { head, turns } of inOrder(ledger, key))
    for (const turn of turns)
      for (const message of messagesOf(head, turn))
        size = measuredWith(size, message, head.queue.includes(message.runId));
  return size;
}
