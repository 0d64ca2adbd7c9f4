import type { History, ReplicaLife } from './history.js';

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What a replica may still need until it is connected to a store that came back. */
export const RECONNECT_MS = 5000;
/** A replica that missed the store takes nobody for dead for one lease: every owner shall have its time to renew
 *  first. */
const NO_CLAIMS_MS = 15_000;

/** How long the store was away within this time, or not yet connected to again. */
export function storeAway({ outages }: History, from: number, to: number): number {
  return covered(
    outages.map((outage) => ({ from: outage.from, to: outage.to + RECONNECT_MS })),
    { from, to },
  );
}

/** How long nothing could be taken over within this time for the sake of the store. */
export function claimsSuspended({ outages }: History, from: number, to: number): number {
  return covered(
    outages.map((outage) => ({ from: outage.from, to: outage.to + RECONNECT_MS + NO_CLAIMS_MS })),
    { from, to },
  );
}

/** How long no replica at all was up within this time. */
export function nobodyUp({ lives }: History, from: number, to: number): number {
  if (to <= from) return 0;
  const up = lives.map((life) => ({ from: life.from, to: life.drainsFrom ?? life.to ?? Number.POSITIVE_INFINITY }));
  return to - from - covered(up, { from, to });
}

/** How often a replica ended, froze or was on its way to a stop within this time. */
export function replicasLost({ lives }: History, from: number, to: number): number {
  const isWithin = (at: number | undefined) => at !== undefined && at >= from && at <= to;
  return lives.filter((life) => isWithin(life.to) || isDraining(life, from, to)).length;
}

/** A replica was on its way to a stop within this time. */
export function replicaStopping({ lives }: History, from: number, to: number): boolean {
  return lives.some((life) => isDraining(life, from, to));
}

function isDraining({ drainsFrom, to: end }: ReplicaLife, from: number, to: number): boolean {
  return drainsFrom !== undefined && drainsFrom <= to && (end ?? Number.POSITIVE_INFINITY) >= from;
}

/** How much of the time the intervals cover together. */
function covered(intervals: readonly Interval[], within: Interval): number {
  let sum = 0;
  let counted = within.from;
  for (const { from, to } of [...intervals].sort((left, right) => left.from - right.from)) {
    const end = Math.min(to, within.to);
    sum += Math.max(0, end - Math.max(from, counted));
    counted = Math.max(counted, end);
  }
  return sum;
}
