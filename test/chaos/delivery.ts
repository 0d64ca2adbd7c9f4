import { setTimeout as delay } from 'node:timers/promises';
import { callHttp } from '../support/http-client.js';
import { within } from '../support/within.js';
import type { Chance } from './chance.js';
import { numberedFrames } from './facts.js';
import type { SentMessage, Way } from './history.js';
import type { Observations } from './observations.js';
import { sessionNamed, userHeader } from './session-name.js';
import { FOR_EVER, type Patience, type Reading, StreamReading, type StreamRequest } from './stream-reading.js';

export const CHAOS_KEY = 'key-of-the-trial';

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

/** One message on its way to its whole answer: sent, read, cut, resumed in every way there is, repeated, cancelled. */
export class Delivery {
  private run: string | undefined;
  private lastSequence = 0;
  private sawEnding = false;
  private cuts = 0;
  private refusals = 0;
  private exchanges = 0;
  private readonly cancels: Promise<void>[] = [];
  private readonly deadline = Date.now() + GIVE_UP_MS;
  private outcome: SentMessage['outcome'] | undefined;

  constructor(
    private readonly message: SentMessage,
    private readonly options: DeliveryOptions,
  ) {}

  /** Resolves when the client is through with this message, one way or another; the message tells which. */
  async deliver(): Promise<void> {
    const twin = this.plans(0.08) ? this.sendTwin() : undefined;
    while (this.outcome === undefined) {
      await this.tryOnce();
      if (this.timeLeft <= 0) this.outcome ??= 'unanswered';
    }
    this.message.outcome = this.outcome;
    await Promise.all([twin, ...this.cancels]);
  }

  private async tryOnce(): Promise<void> {
    const way = this.chooseWay();
    const reading = await this.exchange(way, this.choosePatience());
    this.follow(reading);
    if (this.run !== undefined && this.plans(0.06)) this.outcome ??= 'abandoned';
    if (this.outcome === undefined) await this.pauseAfter(reading);
  }

  /** The same request beside the first one, as from a client that was too quick to repeat it. */
  private async sendTwin(): Promise<void> {
    await delay(this.options.chance.between(0, 30));
    await this.exchange('post', { ...this.choosePatience(), totalMs: 2000 });
  }

  private async exchange(way: Way, patience: Patience): Promise<Reading> {
    const { message, options } = this;
    const cursor = way === 'post' ? 0 : this.lastSequence;
    const openedAt = Date.now();
    const reading = await StreamReading.read(options.origin, this.requestFor(way), patience, (run) =>
      this.accepted(run),
    );
    options.observations.exchanges.push({ message: message.number, way, cursor, openedAt, ...reading });
    return reading;
  }

  private accepted(run: string): void {
    if (this.run !== undefined) return;
    this.run = run;
    if (this.plans(0.07)) this.cancels.push(this.cancel(run));
  }

  private async cancel(run: string): Promise<void> {
    const { origin, chance, observations } = this.options;
    await delay(chance.between(0, 1500));
    const sentAt = Date.now();
    const call = { method: 'POST', path: `/agent/runs/${run}/cancel`, headers: this.headers() };
    const answer = await within(CANCEL_WITHIN_MS, callHttp(origin, call)).catch(() => undefined);
    const status = answer?.status;
    observations.cancels.push({ message: this.message.number, run, sentAt, answeredAt: Date.now(), status });
  }

  private follow({ status, frames, closedBy }: Reading): void {
    for (const { sequence } of numberedFrames(frames)) if (sequence === this.lastSequence + 1) this.lastSequence += 1;
    this.sawEnding ||= frames.some(({ type }) => type === 'end');
    if (frames.at(-1)?.type === 'done') this.outcome = 'ended';
    if (closedBy === 'client') this.cuts += 1;
    if (status === 204) this.outcome = 'ended';
    if (status === 409 || status === 429) this.refused();
    // Whatever this is, the checker says so; it is no use to repeat it.
    if (status !== undefined && ![200, 204, 409, 429, 503].includes(status)) this.outcome = 'unanswered';
  }

  private refused(): void {
    this.refusals += 1;
    if (this.refusals >= MOST_REFUSALS) this.outcome = 'refused';
  }

  private chooseWay(): Way {
    if (this.run === undefined) return 'post';
    if (this.lastSequence === 0) return this.options.chance.oneOf(['post', 'get']);
    const way = this.options.chance.oneOf(['post', 'post-after', 'post-after', 'get', 'get', 'get', 'join']);
    // Who has seen the ending would join the next run of the session.
    return way === 'join' && this.sawEnding ? 'get' : way;
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

  private requestFor(way: Way): StreamRequest {
    const { session, key, content, onBusy, onDisconnect } = this.message;
    const { id } = sessionNamed(session);
    const cursor: Record<string, string> =
      way === 'post' ? {} : { 'Last-Event-ID': `${this.run}-${this.lastSequence}` };
    const headers = { ...this.headers(), ...cursor };
    if (way === 'get') return { method: 'GET', path: `/agent/runs/${this.run}/stream`, headers, body: '' };
    if (way === 'join') return { method: 'GET', path: `/agent/sessions/${id}/stream`, headers, body: '' };
    return {
      method: 'POST',
      path: '/agent/message/stream',
      headers: { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({
        session_id: id,
        type: 'user_message',
        content,
        on_busy: onBusy,
        on_disconnect: onDisconnect,
      }),
    };
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
