import { SessionNotFound } from '../../domain/errors.js';
import type { OpenCall } from '../../domain/reply-step.js';
import { openCallsOf } from '../../domain/waiting-turn.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { askingRun } from './asking-run.js';

/** The calls that a session waits for, in their order. Throws SessionNotFound. */
export async function openCallsIn(ledger: SessionLedger, key: string): Promise<readonly OpenCall[]> {
  const { head } = await ledger.load(key, {});
  if (head === undefined) throw new SessionNotFound(key);
  const asking = await askingRun(ledger, key, head);
  return head.waiting === undefined ? [] : openCallsOf(head.waiting, asking?.outcome.steps);
}
