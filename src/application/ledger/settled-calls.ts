import { CallSettled } from '../../domain/call-errors.js';
import { IdempotencyMismatch, SessionNotFound } from '../../domain/errors.js';
import { startedByKey } from '../../domain/repeats.js';
import type { RunBirth } from '../../domain/run.js';
import type { SessionChange } from '../../domain/session-change.js';
import { birthOf, runIn, type SeenSession, type SessionHead } from '../../domain/session-head.js';
import { goingOn, settleCalls } from '../../domain/settling.js';
import { type AskingRun, openCallsOf } from '../../domain/waiting-turn.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import type { NewSettling, SettledCalls } from '../ports/session-repository.js';
import { runThatAsked } from './asking-run.js';
import { sessionKeyOf } from './session-key.js';
import type { Decision } from './session-steps.js';

/** What becomes of a session when somebody settles calls of it. Throws as `SessionRepository.settle` does. */
export async function settledIn(
  ledger: SessionLedger,
  seen: SeenSession,
  settling: NewSettling,
  writer: string,
): Promise<Decision<SettledCalls>> {
  const { head, runs } = seen;
  const { run, settlements, idempotencyKey } = settling;
  if (head === undefined) throw new SessionNotFound(run.sessionId);
  const own = runs.get(run.id);
  if (own !== undefined) return unchanged({ run: runIn(head, own), replayed: false, openCalls: [] });
  const isKeyKnown = startedByKey(seen, run.request) !== undefined;
  const key = sessionKeyOf(run);
  const asking = await runThatAsked(ledger, key, head, settlements[0]?.callId ?? '');
  const birth = goingOn(birthOf(run), asking);
  const change = decided(() => settleCalls(head, asking, { ...settling, birth, writer }), isKeyKnown);
  if (change === undefined) return unchanged(await saidBefore(ledger, key, head, asking));
  if (change.birth !== undefined) settling.check?.(change.birth);
  return { change, key: change.birth && idempotencyKey, result: (after) => settled(after, change, birth) };
}

/** A key that is known is for what was said with it. */
function decided(settle: () => SessionChange | undefined, isKeyKnown: boolean): SessionChange | undefined {
  try {
    return settle();
  } catch (error) {
    throw error instanceof CallSettled && isKeyKnown ? new IdempotencyMismatch() : error;
  }
}

function unchanged(result: SettledCalls): Decision<SettledCalls> {
  return { change: undefined, result: () => result };
}

/** The run that was begun then, or what is waited for. */
async function saidBefore(
  ledger: SessionLedger,
  key: string,
  head: SessionHead,
  { birth, outcome }: AskingRun,
): Promise<SettledCalls> {
  const { continuedBy, steps } = outcome;
  const next = continuedBy === undefined ? undefined : (await ledger.load(key, { runs: [continuedBy] })).runs;
  const record = next?.get(continuedBy ?? '');
  if (record !== undefined) return { run: runIn(head, record), replayed: true, openCalls: [] };
  const isWaiting = head.waiting?.runId === birth.id;
  return { run: undefined, replayed: true, openCalls: isWaiting ? openCallsOf(head.waiting, steps) : [] };
}

function settled({ head }: SeenSession, { birth: begun, outcomes = [] }: SessionChange, birth: RunBirth): SettledCalls {
  if (head === undefined) throw new SessionNotFound(birth.sessionId);
  if (begun !== undefined) {
    const record = { birth: begun, outcome: undefined };
    return { run: runIn(head, record), replayed: false, openCalls: [] };
  }
  const openCalls = head.waiting ? openCallsOf(head.waiting, outcomes[0]?.outcome.steps) : [];
  return { run: undefined, replayed: false, openCalls };
}
