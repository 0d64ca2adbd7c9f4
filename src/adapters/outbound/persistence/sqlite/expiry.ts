import type { Clock } from '../../../../application/ports/clock.js';
import { FAREWELL_MILLISECONDS } from '../../../../application/ports/run-journal.js';

export interface Lifetimes {
  readonly sessionMilliseconds: number;
  readonly journalMilliseconds: number;
  readonly idempotencyKeyMilliseconds: number;
}

/** A reader that has begun when something expires has this long to read it to its end. */
const LINGER = 60_000;

/** Until when things are kept, in milliseconds since 1970. Nobody finds what has expired, and the purge takes it
 *  away a while later. */
export class Expiry {
  constructor(
    private readonly clock: Clock,
    private readonly lifetimes: Lifetimes,
  ) {}

  get now(): number {
    return this.clock.now().getTime();
  }

  /** A session has expired when it is idle since this time or longer. */
  get sessionHorizon(): number {
    return this.now - this.lifetimes.sessionMilliseconds;
  }

  /** A journal has expired when its run ended at this time or before. */
  get journalHorizon(): number {
    return this.now - this.lifetimes.journalMilliseconds;
  }

  /** The time until which an idempotency key of now is kept. */
  get keyKeptUntil(): number {
    return this.now + this.lifetimes.idempotencyKeyMilliseconds;
  }

  get purgedSessionHorizon(): number {
    return this.sessionHorizon - LINGER;
  }

  get purgedJournalHorizon(): number {
    return this.journalHorizon - LINGER;
  }

  /** Nobody begins to read a run whose session was deleted at this time or before. */
  get farewellHorizon(): number {
    return this.now - FAREWELL_MILLISECONDS;
  }

  /** Nobody still reads a run whose session was deleted at this time or before. */
  get purgedDeletionHorizon(): number {
    return this.now - LINGER;
  }
}
