import { SessionNotFound } from '../../domain/errors.js';
import type { Run } from '../../domain/run.js';
import { runIn } from '../../domain/session-head.js';
import type { SessionLedger } from '../ports/session-ledger.js';

/** The last run of the history that has begun. Throws SessionNotFound. */
export async function latestRunIn(ledger: Pick<SessionLedger, 'load' | 'history'>, key: string): Promise<Run> {
  const { head } = await ledger.load(key, {});
  const limit = 1 + (head?.queue.length ?? 0);
  const page = head && (await ledger.history(key, { latest: true, limit }));
  const turn = page?.turns.findLast(({ birth }) => !page.head.queue.includes(birth.id));
  if (page === undefined || turn === undefined) throw new SessionNotFound(key);
  return runIn(page.head, turn);
}
