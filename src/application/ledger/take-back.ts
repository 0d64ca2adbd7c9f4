import { asChosenFor } from '../../domain/choice.js';
import { RunNotFound, SessionNotFound } from '../../domain/errors.js';
import { titleFrom } from '../../domain/outline.js';
import type { RunBirth } from '../../domain/run.js';
import type { SessionHead } from '../../domain/session-head.js';
import { measuredWith, NOTHING_SAID } from '../../domain/session-size.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { latestFirst } from './history-path.js';
import { messagesOf } from './turn-messages.js';

/** The message with its place: where the turn of `runId` stands. `head` is of the moment at which this is to hold.
 *  Throws RunNotFound where that is no turn of the history: another session's, taken back before, or one whose turn has
 *  not come, be it stopped or not: what stands before it still grows. */
export async function placedFor(
  ledger: SessionLedger,
  key: string,
  runId: string,
  head: SessionHead,
  message: RunBirth,
): Promise<RunBirth> {
  const { birth, messagesFrom, from } = await standing(ledger, key, runId);
  const messagesBefore = head.messageCount - messagesFrom;
  const placed = message.request.asksAgain === true ? askingAgain(message, birth) : message;
  const title = messagesBefore === 0 ? titleFrom(placed.request.content) : head.size?.outline?.title;
  const takesBack = {
    from: birth.takesBack?.from ?? birth.id,
    messagesBefore,
    ...(title !== undefined && { title }),
    ...(head.size && { bytesBefore: head.size.bytes - from.bytes, untoldBefore: head.size.untold - from.untold }),
  };
  return { ...placed, takesBack };
}

/** What was asked before, of whom it was asked, and how; what the message says of that itself counts more. */
function askingAgain(message: RunBirth, before: RunBirth): RunBirth {
  const request = { ...message.request, content: before.request.content };
  return { ...asChosenFor(before, message), request };
}

/** The turn, how many messages there are from it to the end, and what they take. */
async function standing(ledger: SessionLedger, key: string, runId: string) {
  let [messagesFrom, from] = [0, NOTHING_SAID];
  let isFound = false;
  for await (const { head, turn } of turnsFromEnd(ledger, key)) {
    const messages = messagesOf(head, turn);
    messagesFrom += messages.length;
    from = messages.reduce((size, message) => measuredWith(size, message, false), from);
    const { birth } = turn;
    isFound ||= birth.id === runId && !head.queue.includes(runId);
    // A run that goes on with a turn means the turn.
    if (isFound && birth.continues === undefined) return { birth, messagesFrom, from };
  }
  throw new RunNotFound(runId);
}

/** None, where the session is gone by now. */
async function* turnsFromEnd(ledger: SessionLedger, key: string) {
  try {
    for await (const { head, turns } of latestFirst(ledger, key)) for (const turn of turns) yield { head, turn };
  } catch (error) {
    if (!(error instanceof SessionNotFound)) throw error;
  }
}
