import type { SessionHead } from './session-head.js';

/** When a session changed. Lists in that order are read page by page while sessions go on changing, so a head tells
 *  also when it changed before. */

/** How many former updates a head tells. */
const MAX_FORMER = 64;

/** The session has changed, now or, by the clock of another process, before: it never goes back. */
export function updated(head: SessionHead, at: Date): SessionHead {
  const before = head.updatedAt.getTime();
  if (at.getTime() <= before) return head;
  const [latest, ...gaps] = head.formerUpdates ?? [];
  const former = latest === undefined ? [before] : [before, before - latest, ...gaps];
  return { ...head, updatedAt: at, formerUpdates: former.slice(0, MAX_FORMER) };
}

/** All that is known of when it changed, latest first; its creation is the last. */
export function* updatesOf({ updatedAt, formerUpdates = [], createdAt }: SessionHead): Generator<number> {
  yield updatedAt.getTime();
  let time: number | undefined;
  for (const number of formerUpdates) {
    time = time === undefined ? number : time - number;
    yield time;
  }
  yield createdAt.getTime();
}
