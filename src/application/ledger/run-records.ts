import { SessionBusy } from '../../domain/errors.js';
import { isIdle, type SessionHead } from '../../domain/session-head.js';
import type { WholeRun } from '../../domain/whole-session.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { everyPage } from './history-path.js';

/** All that is kept of the runs of a session, page by page. Throws SessionNotFound, and SessionBusy where something goes on. */
export async function* recordsIn(
  ledger: Pick<SessionLedger, 'history'>,
  key: string,
): AsyncGenerator<readonly WholeRun[]> {
  for await (const { head, turns } of everyPage(ledger, key)) {
    const ended = turns.flatMap(({ birth, outcome, answer }) => (outcome ? [{ birth, outcome, answer }] : []));
    if (!isIdle(head) || ended.length < turns.length) throw busyWith(head);
    yield ended;
  }
}

/** It is answering, or waits for calls, or was about to begin just now. */
function busyWith({ id, active, waiting }: SessionHead): SessionBusy {
  return new SessionBusy(active?.id ?? waiting?.runId ?? id);
}
