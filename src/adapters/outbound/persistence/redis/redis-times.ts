import { KEY_MILLISECONDS } from '../../../../domain/repeats.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long things are kept, in milliseconds. */
export interface RedisTimes {
  readonly lease: number;
  /** A session, from its last message or the end of its last answer on. */
  readonly idle: number;
  /** A session with an active run. Its writer renews this time as long as the writer lives. */
  readonly busy: number;
  /** The journal of an ended run. */
  readonly journal: number;
  /** The journals of a deleted session, for readers that are attached. */
  readonly farewell: number;
  readonly idempotencyKey: number;
  /** The way from a run's id to its session. */
  readonly pointer: number;
}

export function redisTimes(lease: number, idle: number, journal: number): RedisTimes {
  const busy = Math.max(idle, DAY);
  return { lease, idle, busy, journal, farewell: 5 * MINUTE, idempotencyKey: KEY_MILLISECONDS, pointer: idle + DAY };
}
