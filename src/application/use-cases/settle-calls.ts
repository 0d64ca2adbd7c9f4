import type { Caller } from '../../domain/caller.js';
import { ShuttingDown } from '../../domain/errors.js';
import type { OpenCall } from '../../domain/reply-step.js';
import { newRun, type OnDisconnect, type RunRequest } from '../../domain/run.js';
import type { Settlement } from '../../domain/settling.js';
import type { ActiveRuns } from '../active-runs.js';
import { namesOf } from '../end-run.js';
import type { Clock } from '../ports/clock.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { Logger } from '../ports/logger.js';
import type { CheckRun, NewSettling, SessionRepository, SettledCalls } from '../ports/session-repository.js';
import type { ReadableRun, RunReplay } from '../run-replay.js';

export interface SettleCallsInput {
  readonly sessionId: string;
  readonly by: Caller;
  /** The HTTP request, to be found in the log. */
  readonly requestId: string;
  readonly request: RunRequest;
  /** At least one; no two of one call. */
  readonly settlements: readonly Settlement[];
  readonly idempotencyKey: string | undefined;
}

/** The turn goes on: its run, and how to read it, as after a message. */
export interface TurnGoesOn extends ReadableRun {
  readonly replayed: boolean;
}

/** It waits for more. */
export interface TurnWaits {
  readonly run: undefined;
  readonly replayed: boolean;
  readonly openCalls: readonly OpenCall[];
  /** Those that may be made now, by what was said here. */
  readonly allowed: readonly OpenCall[];
}

export interface SettleCallsPorts {
  readonly sessions: SessionRepository;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly log: Logger;
}

export interface SettleCallsDefaults {
  readonly onDisconnect: OnDisconnect;
  /** How long a call that is approved stays open for its client. */
  readonly clientMilliseconds: number;
  readonly check?: CheckRun | undefined;
}

/** Takes what clients and people say of the calls that a session waits for. With the last one, its turn goes on. */
export class SettleCalls {
  constructor(
    private readonly ports: SettleCallsPorts,
    private readonly activeRuns: ActiveRuns,
    private readonly replay: RunReplay,
    private readonly defaults: SettleCallsDefaults,
  ) {}

  /** Returns as soon as it is stored. The same said again is answered as the first time.
   *  Throws, with nothing stored: UnfitTools, SessionNotFound, CallNotFound, CallSettled, CallNotAwaitingApproval,
   *  IdempotencyMismatch, Overloaded, ShuttingDown; and StoreUnavailable, when it is not known whether it is stored:
   *  then it may be sent again. */
  async execute(input: SettleCallsInput): Promise<TurnGoesOn | TurnWaits> {
    if (this.activeRuns.isDraining) throw new ShuttingDown();
    const { run, replayed, openCalls } = await this.settled(await this.newSettling(input));
    if (run !== undefined) return { replayed, ...(replayed ? await this.replay.again(run) : this.replay.begun(run)) };
    const allowing = input.settlements.filter((said) => 'decision' in said).map(({ callId }) => callId);
    return { run, replayed, openCalls, allowed: openCalls.filter(({ callId }) => allowing.includes(callId)) };
  }

  private async settled(settling: NewSettling): Promise<SettledCalls> {
    const settled = await this.activeRuns.startAccepted(this.ports.sessions.settle(settling));
    const { run, replayed, openCalls } = settled;
    const goesOn = run && !replayed ? namesOf(run) : { sessionId: settling.run.sessionId };
    if (!replayed) this.ports.log.info('calls settled', { ...goesOn, open: openCalls.length });
    return settled;
  }

  private async newSettling(input: SettleCallsInput): Promise<NewSettling> {
    const { sessionId, by, requestId, request, settlements, idempotencyKey } = input;
    const { sessions, clock, ids } = this.ports;
    const { userId } = await sessions.locate(sessionId, by);
    const at = clock.now();
    const run = newRun({
      id: ids.next(),
      sessionId,
      userId,
      requestId,
      request,
      onDisconnect: request.onDisconnect ?? this.defaults.onDisconnect,
      createdAt: at,
    });
    const { isFull: replicaIsFull } = this.activeRuns;
    const { clientMilliseconds, check } = this.defaults;
    return { run, settlements, idempotencyKey, replicaIsFull, at, clientMilliseconds, check };
  }
}
