import { setTimeout as delay } from 'node:timers/promises';
import { callHttp } from '../support/http-client.js';
import { within } from '../support/within.js';
import type { Chance } from './chance.js';
import type { DoorWire, Progress } from './door-wire.js';
import { numberedFrames } from './facts.js';
import { runOf, sessionOf } from './found-message.js';
import type { SentMessage, Way } from './history.js';
import type { Observations } from './observations.js';
import { sessionNamed, userHeader } from './session-name.js';
import { FOR_EVER, type Patience, type Reading, StreamReading } from './stream-reading.js';
import { CHAOS_KEY } from './trial-key.js';
import { wireOf } from './wires.js';

export interface DeliveryOptions {
  readonly origin: string;
  readonly chance: Chance;
  readonly observations: Observations;
  /** The trial is coming to its end: read on, and cut, cancel and abandon nothing more. */
  readonly isCalm: () => boolean;
}

const MOST_CUTS = 5;
const MOST_REFUSALS = 6;
/** Behind a full queue in which every run is taken over, and then taken over twice. */
const GIVE_UP_MS = 180_000;
/** Longer than the 15 s between two pings: who waits so long knows that the connection is dead. */
const DEAD_SILENCE_MS = 18_000;
const HEAD_WITHIN_MS = 2000;
const CANCEL_WITHIN_MS = 4000;

/** One message on its way to its whole answer: sent, read, cut, resumed in every way its door has, repeated,
 *  cancelled. */
export class Delivery {
  private progress: Progress = { run: undefined, lastSequence: 0, sawEnding: false, isElsewhere: false };
  private readonly wire: DoorWire;
  /** It may have been accepted without a word. */
  private isUnheard = false;
  private cuts = 0;
  private refusals = 0;
  private exchanges = 0;
  private readonly cancels: Promise<void>[] = [];
  private readonly deadline = Date.now() + GIVE_UP_MS;
  private outcome: SentMessage['outcome'] | undefined;

  constructor(
    private readonly message: SentMessage,
    private readonly options: DeliveryOptions,
  ) {
    this.wire = wireOf(message);
  }

  /** Resolves when the client is through with this message, one way or another; the message tells which. Gives the run,
   *  where it was accepted. */
  async deliver(): Promise<string | undefined> {
    const twin = this.wire.isRepeatable && this.plans(0.08) ? this.sendTwin() : undefined;
    while (this.outcome === undefined) {
      await this.tryOnce();
      if (this.timeLeft <= 0) this.outcome ??= 'unanswered';
    }
    this.message.outcome = this.outcome;
    await Promise.all([twin, ...this.cancels]);
    const { run } = this.progress;
    if (run !== undefined && this.message.isUnnamed)
      this.message.session = await sessionOf(this.options.origin, this.message, run);
    return run;
  }

  private async tryOnce(): Promise<void> {
    if (this.isUnheard) await this.lookItUp();
    if (this.outcome !== undefined) return;
    const { run } = this.progress;
    const way = run === undefined ? 'post' : this.wire.wayBack(this.progress, this.options.chance);
    const reading = await this.exchange(way, this.choosePatience());
    this.follow(way, reading);
    if (this.progress.run !== undefined && this.plans(0.06)) this.outcome ??= 'abandoned';
    if (this.outcome === undefined) await this.pauseAfter(reading);
  }

  /** Who cannot say it again reads whether it is there. One that comes later is nobody's any more. */
  private async lookItUp(): Promise<void> {
    this.isUnheard = false;
    const run = await runOf(this.options.origin, this.message);
    if (run === undefined) this.outcome = 'abandoned';
    else this.accepted(run);
  }

  /** The same request beside the first one, as from a client that was too quick to repeat it. */
  private async sendTwin(): Promise<void> {
    await delay(this.options.chance.between(0, 30));
    await this.exchange('post', { ...this.choosePatience(), totalMs: 2000 });
  }

  private async exchange(way: Way, patience: Patience): Promise<Reading> {
    const { message, options } = this;
    const { cursor, ...request } = this.wire.request(way, this.progress);
    const call = { ...request, headers: { ...this.headers(), ...request.headers } };
    const openedAt = Date.now();
    const reading = await StreamReading.read(options.origin, call, patience, (run) => this.accepted(run));
    options.observations.exchanges.push({ message: message.number, way, cursor, openedAt, ...reading });
    return reading;
  }

  private accepted(run: string): void {
    if (this.progress.run !== undefined) return;
    this.progress = { ...this.progress, run };
    if (this.plans(0.07)) this.cancels.push(this.cancel(run));
  }

  private async cancel(run: string): Promise<void> {
    const { origin, chance, observations } = this.options;
    await delay(chance.between(0, 1500));
    const sentAt = Date.now();
    const headers = { ...this.headers(), 'Content-Type': 'application/json' };
    const call = { ...this.wire.cancel(run), headers };
    const answer = await within(CANCEL_WITHIN_MS, callHttp(origin, call)).catch(() => undefined);
    const status = answer?.status;
    observations.cancels.push({ message: this.message.number, run, sentAt, answeredAt: Date.now(), status });
  }

  private follow(way: Way, reading: Reading): void {
    const { status, frames, closedBy } = reading;
    if (closedBy === 'client') this.cuts += 1;
    if (status === 409 || status === 429) this.refused();
    this.isUnheard = !this.wire.isRepeatable && this.progress.run === undefined && isInDoubt(status);
    // Whatever this is, the checker says so; it is no use to repeat it.
    if (status !== undefined && ![200, 204, 409, 429, 503].includes(status)) this.outcome = 'unanswered';
    const { run } = this.progress;
    const isElsewhere = way === 'reconnect' && (status === 204 || (status === 200 && reading.run !== run));
    if (isElsewhere) this.progress = { ...this.progress, isElsewhere };
    else if (status === 204 || frames.at(-1)?.type === 'done' || this.hasNoMore(way, reading)) this.outcome = 'ended';
    if (!isElsewhere) this.seen(frames);
  }

  private seen(frames: Reading['frames']): void {
    let { lastSequence, sawEnding } = this.progress;
    for (const { sequence } of numberedFrames(frames)) if (sequence === lastSequence + 1) lastSequence += 1;
    sawEnding ||= frames.some(({ type }) => type === 'end');
    this.progress = { ...this.progress, lastSequence, sawEnding };
  }

  /** Behind the last event of a response there is nothing. */
  private hasNoMore(way: Way, { status, frames, closedBy }: Reading): boolean {
    const isEmpty = status === 200 && closedBy === 'service' && frames.length === 0;
    return isEmpty && way === 'response' && this.progress.sawEnding;
  }

  private refused(): void {
    this.refusals += 1;
    if (this.refusals >= MOST_REFUSALS) this.outcome = 'refused';
  }

  private choosePatience(): Patience {
    const { chance } = this.options;
    const cuts = this.cuts < MOST_CUTS && !this.options.isCalm();
    return {
      headMs: HEAD_WITHIN_MS,
      silenceMs: cuts && chance.odds(0.5) ? chance.between(1000, 6000) : DEAD_SILENCE_MS,
      frames: cuts && chance.odds(0.4) ? chance.between(1, 50) : FOR_EVER,
      totalMs: cuts && chance.odds(0.15) ? chance.between(0, 1500) : this.timeLeft,
    };
  }

  private get timeLeft(): number {
    return Math.max(0, this.deadline - Date.now());
  }

  private async pauseAfter({ status }: Reading): Promise<void> {
    const { chance } = this.options;
    const refused = status === undefined || status > 204;
    await delay(refused ? chance.between(150, 700) : chance.between(0, 250));
  }

  /** The request id leads from the history to the log. */
  private headers(): Record<string, string> {
    const { number, session } = this.message;
    this.exchanges += 1;
    return {
      'X-Internal-Auth': CHAOS_KEY,
      'X-Request-Id': `message-${number}-${this.exchanges}`,
      ...userHeader(sessionNamed(session).user),
    };
  }

  private plans(probability: number): boolean {
    return !this.options.isCalm() && this.options.chance.odds(probability);
  }
}

/** Nobody has said that it was not accepted. */
function isInDoubt(status: number | undefined): boolean {
  return status === undefined || status >= 500;
}
