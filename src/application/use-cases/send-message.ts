import type { Caller } from '../../domain/caller.js';
import { ShuttingDown } from '../../domain/errors.js';
import { newRun, type OnBusy, type OnDisconnect, type RunBirth, type RunRequest } from '../../domain/run.js';
import type { ActiveRuns } from '../active-runs.js';
import { namesOf } from '../end-run.js';
import type { Clock } from '../ports/clock.js';
import type { IdGenerator } from '../ports/id-generator.js';
import type { Logger } from '../ports/logger.js';
import type { AcceptedTurn, CheckRun, NewTurn, SessionRepository } from '../ports/session-repository.js';
import type { PromptBudget } from '../prompt-budget.js';
import type { ReadableRun, RunReplay } from '../run-replay.js';

/** Undoes what was done for a message of which nothing came. */
export type TakeBack = () => Promise<void>;

export interface SendMessageInput {
  readonly requestId: string;
  readonly sessionId: string;
  readonly by: Caller;
  readonly request: RunRequest;
  readonly idempotencyKey: string | undefined;
  /** Asked when the message was not sent before; what it throws is the refusal. What it returns is called when nothing
   *  new came of the message after all. */
  readonly admit?: (() => Promise<(() => void) | TakeBack>) | undefined;
}

/** What applies where a request says nothing. */
export interface SendMessageDefaults {
  readonly onBusy: OnBusy;
  readonly onDisconnect: OnDisconnect;
  readonly queueLimit: number;
  /** What a session's history may take. */
  readonly maxSessionBytes: number;
  readonly check?: CheckRun | undefined;
}

export interface SentMessage extends ReadableRun {
  /** The message had been sent before, with the same idempotency key: nothing was stored or started. */
  readonly replayed: boolean;
}

export interface SendMessagePorts {
  readonly sessions: SessionRepository;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly log: Logger;
  readonly budget: Pick<PromptBudget, 'admit'>;
}

/** Stores a user's message and starts the run that answers it. */
export class SendMessage {
  constructor(
    private readonly ports: SendMessagePorts,
    private readonly activeRuns: ActiveRuns,
    private readonly replay: RunReplay,
    private readonly defaults: SendMessageDefaults,
  ) {}

  /** Returns as soon as the message and its run are stored; what happens to the run later is in its events.
   *  Throws, with nothing stored: UnfitTools, MessageTooLong, SessionFull, SessionBusy, QueueFull, IdempotencyMismatch,
   *  Overloaded, ShuttingDown; and
   *  StoreUnavailable, when it is not known whether the message is stored: the same message may be sent again with the
   *  same idempotency key. */
  async execute(input: SendMessageInput): Promise<SentMessage> {
    const turn = this.newTurn(input);
    const { run, replayed } = await this.admitted(turn, input.admit);
    return { replayed, ...(replayed ? await this.replay.again(run) : this.replay.begun(run)) };
  }

  /** Whether it was sent before, with the same idempotency key. Throws IdempotencyMismatch. */
  wasSent(input: SendMessageInput): Promise<boolean> {
    return this.isKnown(this.newTurn(input));
  }

  private async admitted(turn: NewTurn, admit: SendMessageInput['admit']): Promise<AcceptedTurn> {
    if (admit === undefined || (await this.isKnown(turn))) return this.take(turn);
    const takeBack = await admit();
    try {
      const accepted = await this.take(turn);
      // Another request with its key was sooner.
      if (accepted.replayed) await takeBack();
      return accepted;
    } catch (error) {
      await takeBack();
      throw error;
    }
  }

  private take(turn: NewTurn): Promise<AcceptedTurn> {
    return this.activeRuns.isDraining ? this.acceptedBefore(turn) : this.accept(turn);
  }

  /** A process that shuts down begins nothing, and still answers for what was begun. */
  private async acceptedBefore(turn: NewTurn): Promise<AcceptedTurn> {
    const run = await this.ports.sessions.findAccepted(turn);
    if (run === undefined) throw new ShuttingDown();
    return { run, replayed: true };
  }

  private async accept(turn: NewTurn): Promise<AcceptedTurn> {
    const accepted = await this.activeRuns.startAccepted(this.ports.sessions.accept(turn));
    const { run, replayed } = accepted;
    if (!replayed) this.ports.log.debug('message accepted', { ...namesOf(run), status: run.status });
    return accepted;
  }

  private async isKnown(turn: NewTurn): Promise<boolean> {
    return turn.idempotencyKey !== undefined && (await this.ports.sessions.findAccepted(turn)) !== undefined;
  }

  private newTurn({ requestId, sessionId, by, request, idempotencyKey }: SendMessageInput): NewTurn {
    const { onBusy, onDisconnect, queueLimit, maxSessionBytes, check } = this.defaults;
    const run = newRun({
      id: this.ports.ids.next(),
      sessionId,
      userId: by.userId,
      requestId,
      request,
      onDisconnect: request.onDisconnect ?? onDisconnect,
      createdAt: this.ports.clock.now(),
    });
    const admit = (birth: RunBirth) => {
      check?.(birth);
      return this.ports.budget.admit(birth);
    };
    const limits = { admit, queueLimit, maxSessionBytes, replicaIsFull: this.activeRuns.isFull };
    return { run, onBusy: request.onBusy ?? onBusy, idempotencyKey, ...limits };
  }
}
