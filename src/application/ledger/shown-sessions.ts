import type { Session } from '../../domain/session.js';
import { type SessionHead, sessionIn } from '../../domain/session-head.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { isMeasured, measured } from './measured-head.js';

/** Sessions as a list tells them, one after the other: those that an older version kept are read for that. */
export async function shown(
  ledger: Pick<SessionLedger, 'history'>,
  listed: readonly { readonly key: string; readonly head: SessionHead }[],
  signal: AbortSignal | undefined,
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for (const { key, head } of listed) {
    signal?.throwIfAborted();
    sessions.push(sessionIn(isMeasured(head) ? head : await measured(ledger, key, head)));
  }
  return sessions;
}
