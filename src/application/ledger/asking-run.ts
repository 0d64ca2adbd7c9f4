import { CallNotFound } from '../../domain/call-errors.js';
import { SessionNotFound } from '../../domain/errors.js';
import { callIdsOf } from '../../domain/reply-step.js';
import type { SessionHead } from '../../domain/session-head.js';
import type { AskingRun } from '../../domain/waiting-turn.js';
import type { RecordedTurn, SessionLedger } from '../ports/session-ledger.js';
import { latestFirst } from './history-path.js';

/** The run whose calls the session waits for; undefined where it waits for none. Throws SessionNotFound where the
 *  session was deleted meanwhile. */
export async function askingRun(
  ledger: SessionLedger,
  key: string,
  head: SessionHead | undefined,
): Promise<AskingRun | undefined> {
  if (head?.waiting === undefined) return undefined;
  const asking = await runWithText(ledger, key, head.waiting.runId);
  if (asking === undefined) throw new SessionNotFound(head.id);
  return asking;
}

/** The run of the history that asked for a call, whether or not it waits for it. Throws CallNotFound. */
export async function runThatAsked(
  ledger: SessionLedger,
  key: string,
  head: SessionHead,
  callId: string,
): Promise<AskingRun> {
  const waiting = await askingRun(ledger, key, head);
  if (waiting !== undefined && askedFor(waiting, callId)) return waiting;
  for await (const { turns } of latestFirst(ledger, key)) {
    const asking = turns.map(askingIn).find((run) => run !== undefined && askedFor(run, callId));
    if (asking !== undefined) return asking;
  }
  throw new CallNotFound(callId);
}

/** A run that has ended, with its text; undefined where the session has none. */
export async function runWithText(ledger: SessionLedger, key: string, runId: string): Promise<AskingRun | undefined> {
  const turn = await turnOf(ledger, key, runId);
  return turn && askingIn(turn);
}

/** The turn of a run, also one that was taken back; undefined where the session has none. */
export async function turnOf(ledger: SessionLedger, key: string, runId: string): Promise<RecordedTurn | undefined> {
  const page = await ledger.history(key, { through: runId, latest: true, limit: 1 });
  return page?.turns.find(({ birth }) => birth.id === runId);
}

function askingIn({ birth, outcome, answer }: RecordedTurn): AskingRun | undefined {
  return outcome && { birth, outcome, answer };
}

function askedFor({ outcome }: AskingRun, callId: string): boolean {
  return callIdsOf(outcome.steps).includes(callId);
}
