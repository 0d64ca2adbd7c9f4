import { SessionNotFound } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import { NO_USAGE, outlineOf } from '../../domain/outline.js';
import type { Usage } from '../../domain/run.js';
import type { SessionHead } from '../../domain/session-head.js';
import { measuredWith, NOTHING_SAID, type SessionSize } from '../../domain/session-size.js';
import { sumOf } from '../../domain/usage-sum.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { everyPage, inOrder } from './history-path.js';
import { messagesOf } from './turn-messages.js';

type Pages = Pick<SessionLedger, 'history'>;

/** Whether a head tells what its history takes and shows. One that an older version kept does not. */
export function isMeasured({ size }: SessionHead): boolean {
  return size?.outline !== undefined;
}

/** The head with the size and the outline of its history. Where an older version kept it, the history is read for that:
 *  the next message keeps it. What is found holds only if the session still stands as `head` says. */
export async function measured(ledger: Pages, key: string, head: SessionHead): Promise<SessionHead> {
  if (isMeasured(head)) return head;
  try {
    return { ...head, size: await sizeOf(ledger, key) };
  } catch (error) {
    if (!(error instanceof SessionNotFound)) throw error;
    return head;
  }
}

async function sizeOf(ledger: Pages, key: string): Promise<SessionSize> {
  let size = NOTHING_SAID;
  let [first, last]: Message[] = [];
  const waiting: Message[] = [];
  for await (const { head, turns } of inOrder(ledger, key))
    for (const message of turns.flatMap((turn) => messagesOf(head, turn))) {
      const waits = head.queue.includes(message.runId);
      size = measuredWith(size, message, waits);
      first ??= message;
      if (waits) waiting.push(message);
      else last = message;
    }
  return { ...size, outline: { ...outlineOf(first, last, waiting), usage: await usageOf(ledger, key) } };
}

/** Of the runs that were taken back, too. */
async function usageOf(ledger: Pages, key: string): Promise<Usage> {
  let usage = NO_USAGE;
  for await (const { turns } of everyPage(ledger, key))
    for (const { outcome } of turns) if (outcome?.usage) usage = sumOf(usage, outcome.usage);
  return usage;
}
