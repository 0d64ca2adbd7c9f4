import { SessionBusy } from '../../domain/errors.js';
import type { Run } from '../../domain/run.js';
import { isIdle, type SessionHead } from '../../domain/session-head.js';
import type { WholeRun } from '../../domain/whole-session.js';
import type { RecordedTurn, SessionLedger } from '../ports/session-ledger.js';
import { everyPage, latestFirst } from './history-path.js';
import { sessionKeyOf } from './session-key.js';

/** All that is kept of the runs of a session, page by page. Throws SessionNotFound, and SessionBusy where something
 *  goes on. */
export async function* recordsIn(
  ledger: Pick<SessionLedger, 'history'>,
  key: string,
): AsyncGenerator<readonly WholeRun[]> {
  for await (const { head, turns } of everyPage(ledger, key)) {
    const ended = endedOf(turns);
    if (!isIdle(head) || ended.length < turns.length) throw busyWith(head);
    yield ended;
  }
}

/** The turns of the history up to that of a run, latest first. Throws SessionNotFound. */
export async function* turnsThrough(
  ledger: Pick<SessionLedger, 'history'>,
  run: Run,
): AsyncGenerator<readonly WholeRun[]> {
  for await (const { turns } of latestFirst(ledger, sessionKeyOf(run), run.id)) yield endedOf(turns);
}

function endedOf(turns: readonly RecordedTurn[]): readonly WholeRun[] {
  return turns.flatMap(({ birth, outcome, answer }) => (outcome ? [{ birth, outcome, answer }] : []));
}

/** It is answering, or waits for calls, or was about to begin just now. */
function busyWith({ id, active, waiting }: SessionHead): SessionBusy {
  return new SessionBusy(active?.id ?? waiting?.runId ?? id);
}
