import type { Clock } from '../../../../application/ports/clock.js';
import { FAREWELL_MILLISECONDS } from '../../../../application/ports/run-journal.js';

export interface Lifetimes {
  readonly sessionMilliseconds: number;
  readonly journalMilliseconds: number;
  readonly idempotencyKeyMilliseconds: number;
}

/** Readers that are attached when something goes still have this long to read it to its end. */
const LINGER = 60_000;

/** Until when things are kept, in milliseconds since 1970. Nobody finds what has expired; a while later it is
 *  purged. */
export class Expiry {
  constructor(
    private readonly clock: Clock,
    private readonly lifetimes: Lifetimes,
  ) {}

  get now(): number {
    return this.clock.now().getTime();
  }

  /** Sessions that are idle since then, or for longer, have expired. */
  get sessionHorizon(): number {
    return this.now - this.lifetimes.sessionMilliseconds;
  }

  /** Journals that were ended then, or before, have expired. */
  get journalHorizon(): number {
    return this.now - this.lifetimes.journalMilliseconds;
  }

  /** Until when an idempotency key is kept that is used now. */
  get keyKeptUntil(): number {
    return this.now + this.lifetimes.idempotencyKeyMilliseconds;
  }

  get purgedSessionHorizon(): number {
    return this.sessionHorizon - LINGER;
  }

  get purgedJournalHorizon(): number {
    return this.journalHorizon - LINGER;
  }

  /** Nobody begins to read a run of a session that was deleted then, or before. */
  get farewellHorizon(): number {
    return this.now - FAREWELL_MILLISECONDS;
  }

  /** Sessions that were deleted then, or before, have no reader any more. */
  get purgedDeletionHorizon(): number {
    return this.now - LINGER;
  }
}
