import { CallNotAwaitingApproval, CallNotFound, CallNotYours, CallSettled } from './call-errors.js';
import { asChosenFor } from './choice.js';
import { Overloaded } from './errors.js';
import type { Fields } from './fields.js';
import { type AllowedCall, type CallResult, callIn, isAllowed, openIn, type WaitingCall } from './reply-step.js';
import type { RunBirth } from './run.js';
import { isSameJson } from './same-json.js';
import { servedByIn } from './served-tools.js';
import type { SessionChange } from './session-change.js';
import type { SessionHead } from './session-head.js';
import { firstTaken } from './turn-order.js';
import { updated } from './updates.js';
import { type AskingRun, settledRecord, untilExpiry, waitingFor, withCounted } from './waiting-turn.js';

/** What somebody says of a call. */
export type Settlement = GivenResult | Decision;

export interface GivenResult {
  readonly callId: string;
  readonly status: 'ok' | 'error';
  /** What the model is told. */
  readonly content: string;
}

export interface Decision {
  readonly callId: string;
  readonly decision: 'approve' | 'edit' | 'reject';
  /** With `edit`: those that count. */
  readonly arguments?: Fields | undefined;
  readonly feedback?: string | undefined;
}

export interface Settling {
  readonly settlements: readonly Settlement[];
  readonly at: Date;
  /** How long a call that is approved stays open for its client. */
  readonly clientMilliseconds: number;
  /** The run that goes on when nothing is open any more, and who writes it. */
  readonly birth: RunBirth;
  readonly writer: string;
  readonly replicaIsFull: boolean;
}

/** Calls get their results, or the leave to be made; with the last result the turn goes on. All of it or nothing.
 *  Undefined where all was said before: nothing changes. Throws CallNotFound, CallSettled, CallNotAwaitingApproval,
 *  Overloaded. */
export function settleCalls(head: SessionHead, asking: AskingRun, settling: Settling): SessionChange | undefined {
  const { settlements, at, birth, writer, replicaIsFull } = settling;
  const said = settlements.flatMap((one) => saidOf(head, asking, one, settling) ?? []);
  if (said.length === 0) return undefined;
  const results = said.flatMap(({ result }) => result ?? []);
  const left = openAfter(head.waiting?.calls ?? [], said);
  const waiting = waitingFor(asking.birth.id, left.every(isAllowed) ? [] : left);
  const changed = said.flatMap((one) => one.changed ?? []);
  const settled = { ...updated(withCounted(head, asking, results), at), waiting };
  if (waiting !== undefined) {
    return { head: settled, outcomes: [settledRecord(asking, results, changed)], dueIn: untilExpiry(waiting, at) };
  }
  if (replicaIsFull) throw new Overloaded('This replica is writing as many answers as it can; send the result again.');
  const record = settledRecord(asking, results, changed, birth.id);
  const begun = { begun: [birth.id], birth: making(birth, openIn(record.outcome.steps ?? [])), outcomes: [record] };
  return { head: { ...settled, active: firstTaken(birth.id, writer) }, ...begun };
}

/** The run that goes on makes the calls that a person has allowed and a server runs. */
function making(birth: RunBirth, calls: readonly AllowedCall[]): RunBirth {
  if (birth.continues === undefined || calls.length === 0) return birth;
  const allowed = calls.map(({ decision: _, ...call }) => call);
  return { ...birth, continues: { ...birth.continues, allowed } };
}

/** The run that goes on where another one asked for calls. What it does not say itself, that one has said. */
export function goingOn(birth: RunBirth, { birth: before, outcome }: AskingRun): RunBirth {
  const { turn = before.id, steps = 0 } = before.continues ?? {};
  const continues = { after: before.id, turn, steps: steps + (outcome.steps?.length ?? 0) };
  const onDisconnect = birth.request.onDisconnect ?? before.onDisconnect;
  return { ...asChosenFor(before, birth), onDisconnect, continues };
}

/** What one settlement changes. */
interface Said {
  readonly result?: CallResult;
  readonly allowed?: WaitingCall;
  readonly changed?: AllowedCall;
}

/** Undefined where it was said before. */
function saidOf(head: SessionHead, asking: AskingRun, said: Settlement, settling: Settling): Said | undefined {
  const { callId } = said;
  const steps = asking.outcome.steps ?? [];
  const call = callIn(steps, callId);
  if (call === undefined) throw new CallNotFound(callId);
  if (servedByIn(call.toolName) !== undefined) refuseResult(said);
  if (call.decision !== undefined && 'decision' in said) return decidedAgain(call, said);
  const before = steps.flatMap(({ results }) => results).find((one) => one.callId === callId);
  if (before !== undefined) return saidAgain(before, said);
  const open = head.waiting?.calls.find((one) => one.callId === callId);
  if (open === undefined) throw new CallSettled(callId);
  return 'decision' in said ? decided(call, open, said, settling) : { result: resultOf(said, settling.at) };
}

/** A person decides once. */
function decided(call: AllowedCall, open: WaitingCall, said: Decision, settling: Settling): Said | undefined {
  const { callId, decision } = said;
  const changed = said.arguments === undefined ? call : { ...call, arguments: said.arguments };
  if (open.decision === decision && isSameJson(changed.arguments, call.arguments)) return undefined;
  if (open.decision !== undefined) throw new CallSettled(callId);
  if (open.state !== 'awaiting_approval') throw new CallNotAwaitingApproval(callId);
  if (decision === 'reject') return { result: resultOf(said, settling.at) };
  if (servedByIn(call.toolName) !== undefined)
    return { allowed: { ...open, decision }, changed: { ...changed, decision } };
  const expiresAt = new Date(settling.at.getTime() + settling.clientMilliseconds);
  return { allowed: { ...open, state: 'open', decision, expiresAt }, changed };
}

/** Whoever runs a call tells its result. */
function refuseResult(said: Settlement): void {
  if (!('decision' in said)) throw new CallNotYours(said.callId);
}

function decidedAgain(call: AllowedCall, { decision, arguments: given = call.arguments }: Decision): undefined {
  if (decision === call.decision && isSameJson(given, call.arguments)) return undefined;
  throw new CallSettled(call.callId);
}

function saidAgain(before: CallResult, said: Settlement): undefined {
  const isSettlement = !('decision' in said) || said.decision === 'reject';
  const now = resultOf(said, before.at);
  if (isSettlement && now.status === before.status && now.content === before.content) return undefined;
  throw new CallSettled(said.callId);
}

function resultOf(said: Settlement, at: Date): CallResult {
  const { callId } = said;
  if ('decision' in said) return { callId, status: 'rejected', content: refusal(said.feedback), at };
  return { callId, status: said.status, content: said.content, at };
}

function refusal(feedback = ''): string {
  return feedback.trim() === '' ? 'The user refused this call.' : `The user refused this call: ${feedback}`;
}

function openAfter(calls: readonly WaitingCall[], said: readonly Said[]): readonly WaitingCall[] {
  const settled = new Set(said.map(({ result }) => result?.callId));
  return calls
    .filter(({ callId }) => !settled.has(callId))
    .map((call) => said.find(({ allowed }) => allowed?.callId === call.callId)?.allowed ?? call);
}
