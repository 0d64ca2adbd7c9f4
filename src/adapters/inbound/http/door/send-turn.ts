import type { Request } from 'express';
import type { SentMessage, TakeBack } from '../../../../application/use-cases/send-message.js';
import type { TurnGoesOn, TurnWaits } from '../../../../application/use-cases/settle-calls.js';
import { CallNotFound, CallSettled } from '../../../../domain/call-errors.js';
import type { Choice } from '../../../../domain/choice.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import type { OnBusy, OnDisconnect, RunRequest } from '../../../../domain/run.js';
import type { Settlement } from '../../../../domain/settling.js';
import { UnfitTools } from '../../../../domain/unfit-tools.js';
import { HttpProblem } from '../http-problem.js';
import { unkeepableIn } from '../native/kept-text.js';
import { wrongFields } from '../native/user-message.js';
import type { RequestContext } from '../request-context.js';
import type { DoorUseCases } from './door.js';

/** What a client of a door says in one request: something, or what became of calls, or both. */
export interface DoorTurn {
  readonly sessionId: string;
  /** Undefined where it says nothing itself, or asks again. */
  readonly content: string | undefined;
  readonly settlements?: readonly Settlement[];
  readonly choice?: Choice | undefined;
  readonly onBusy?: OnBusy | undefined;
  readonly onDisconnect?: OnDisconnect | undefined;
  /** The run whose turn is taken back; without a content it is asked again. */
  readonly replaces?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** What has to be there before it is said: done where it was not said before, and may be. Returns how to undo it, for
   *  a turn that is refused after all. */
  readonly prepare?: (() => Promise<TakeBack>) | undefined;
}

export type Sent = SentMessage | TurnGoesOn | TurnWaits;

/** The run that answers it; none where the session waits for more. Results go before what is said with them.
 *  Throws HttpProblem for what cannot be asked or kept, and what SendMessage and SettleCalls throw. */
export async function sendTurn(
  useCases: Pick<DoorUseCases, 'sendMessage' | 'settleCalls' | 'rateLimit'>,
  turn: DoorTurn,
  request: Request,
  context: RequestContext,
): Promise<Sent> {
  const { sessionId, settlements = [], idempotencyKey } = turn;
  refuseUnkeepable(turn);
  const common = { sessionId, by: context, requestId: context.requestId };
  return named(async () => {
    if (!says(turn)) {
      const settling = { request: requestIn(turn), settlements, idempotencyKey };
      return useCases.settleCalls.execute({ ...common, ...settling });
    }
    if (settlements.length > 0) await settleFirst(useCases, turn, settlements, context);
    const admit = admission(useCases, turn, request);
    return useCases.sendMessage.execute({
      ...common,
      request: requestIn(turn),
      idempotencyKey,
      admit,
    });
  });
}

function admission({ rateLimit }: Pick<DoorUseCases, 'rateLimit'>, { prepare }: DoorTurn, request: Request) {
  if (prepare === undefined) return rateLimit && (() => rateLimit(request));
  return async (): Promise<TakeBack> => {
    const takeBack = await rateLimit?.(request);
    try {
      const undo = await prepare();
      return async () => {
        takeBack?.();
        await undo();
      };
    } catch (error) {
      takeBack?.();
      throw error;
    }
  };
}

/** Whether this was said before, with the same idempotency key. Throws IdempotencyMismatch where that key said
 *  something else. */
export async function wasTaken(
  { sendMessage }: Pick<DoorUseCases, 'sendMessage'>,
  turn: DoorTurn,
  context: RequestContext,
): Promise<boolean> {
  const { sessionId, idempotencyKey } = turn;
  return sendMessage.wasSent({
    sessionId,
    by: context,
    requestId: context.requestId,
    request: requestIn(turn),
    idempotencyKey,
  });
}

/** Those that nobody waits for any more are old news: their turn went on without them. */
async function settleFirst(
  { settleCalls }: Pick<DoorUseCases, 'settleCalls'>,
  turn: DoorTurn,
  settlements: readonly Settlement[],
  context: RequestContext,
): Promise<void> {
  const settling = { request: settlingRequest(turn, settlements), settlements, idempotencyKey: undefined };
  try {
    await settleCalls.execute({ sessionId: turn.sessionId, by: context, requestId: context.requestId, ...settling });
  } catch (error) {
    const isOld = error instanceof CallNotFound || error instanceof CallSettled || error instanceof SessionNotFound;
    if (!isOld) throw error;
  }
}

/** What is asked for in the end. */
function requestIn(turn: DoorTurn): RunRequest {
  const { settlements = [] } = turn;
  return says(turn) ? messageRequest(turn) : settlingRequest(turn, settlements);
}

function says({ content, replaces }: DoorTurn): boolean {
  return content !== undefined || replaces !== undefined;
}

/** Behind results, it waits for the turn that goes on with them. */
function messageRequest({ content, settlements = [], onBusy, onDisconnect, replaces, choice }: DoorTurn): RunRequest {
  return {
    content: content ?? '',
    onBusy: settlements.length > 0 ? 'queue' : onBusy,
    onDisconnect,
    ...(replaces !== undefined && { replaces }),
    ...(content === undefined && { asksAgain: true }),
    ...(choice !== undefined && { choice }),
  };
}

function settlingRequest({ onDisconnect, choice }: DoorTurn, settlements: readonly Settlement[]): RunRequest {
  const settles = settlements.map(({ callId }) => callId);
  return { content: '', onBusy: undefined, onDisconnect, settles, ...(choice !== undefined && { choice }) };
}

function refuseUnkeepable({ content, settlements, choice }: DoorTurn): void {
  const path = unkeepableIn({ content, settlements, choice });
  if (path === undefined) return;
  throw new HttpProblem(400, 'invalid_text', 'No text may hold NUL or half of a surrogate pair.');
}

/** What is refused late is named, too. */
async function named<Taken>(taking: () => Promise<Taken>): Promise<Taken> {
  try {
    return await taking();
  } catch (error) {
    if (!(error instanceof UnfitTools)) throw error;
    throw wrongFields(error.problems.map(({ path, message }) => ({ path: path.join('.'), message })));
  }
}
