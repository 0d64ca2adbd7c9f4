import type { Facts } from './facts.js';
import type { FinalRun, ModelCall, ReplicaLife, Sighting } from './history.js';
import { claimsSuspended, nobodyUp } from './timeline.js';

/** A time in which a run should have been going on and was not: since its turn came, or since a call of the model for
 *  it was over, until the next call or its ending. */
export interface Wait {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  /** Without the time in which nobody could have gone on with it. */
  readonly counted: number;
  /** The replica that was writing it died or froze, and did not end it first. */
  readonly isTakeover: boolean;
}

/** All waits of runs that have ended. */
export function waitsOf(facts: Facts): readonly Wait[] {
  return facts.history.sessions.flatMap(({ id }) => {
    const turns = facts.turnsOf(id);
    return turns.flatMap((run, index) => waitsOfRun(facts, run, turnStart(run, turns.slice(0, index))));
  });
}

function turnStart({ createdAt }: FinalRun, earlier: readonly FinalRun[]): number {
  return Math.max(createdAt, ...earlier.map(({ endedAt }) => endedAt ?? 0));
}

function waitsOfRun(facts: Facts, run: FinalRun, start: number): readonly Wait[] {
  const { endedAt } = run;
  if (endedAt === undefined) return [];
  const calls = facts.callsOf(facts.messageOf(run.id)?.number ?? 0);
  const stops = calls.map((call) => stopOf(call, facts.history.lives));
  return [{ from: start, isTakeover: false }, ...stops].flatMap(({ from, isTakeover }) => {
    const next = calls.map(({ startedAt }) => startedAt).filter((startedAt) => startedAt > from);
    const to = Math.min(endedAt, ...next);
    return to > from ? [{ run: run.id, from, to, isTakeover, counted: countedWait(facts, run.id, from, to) }] : [];
  });
}

/** Connections of a process that is killed close before the trial hears of its end. */
const HEARD_LATER_MS = 1000;

/** When a call was over for its run: a frozen replica's goes on, and is worth nothing. */
function stopOf({ replica, startedAt, endedAt = Number.POSITIVE_INFINITY }: ModelCall, lives: readonly ReplicaLife[]) {
  const life = lives.find(
    (one) => one.replica === replica && startedAt >= one.from && startedAt <= (one.to ?? Number.POSITIVE_INFINITY),
  );
  const death = life?.to ?? Number.POSITIVE_INFINITY;
  return { from: Math.min(endedAt, death), isTakeover: death <= endedAt + HEARD_LATER_MS && life?.end !== 'stop' };
}

/** A wait begins anew when a replica that had taken the run up dies in its turn. */
function countedWait({ history }: Facts, run: string, from: number, to: number): number {
  const seen = history.sightings.filter((sighting) => sighting.run === run);
  const deaths = isTakenUnseen(seen, to)
    ? history.lives.map((life) => life.to ?? 0)
    : seen.filter(({ at }) => at > from && at < to).map((sighting) => deathAfter(sighting, history.lives));
  const since = Math.max(from, ...deaths.filter((death) => death < to));
  return to - since - claimsSuspended(history, since, to) - nobodyUp(history, since, to);
}

function deathAfter({ replica, at }: Sighting, lives: readonly ReplicaLife[]): number {
  return lives.find((life) => life.replica === replica && (life.to ?? 0) >= at)?.to ?? 0;
}

/** Whoever went on with it was not the next writer but the one after that: one in between died before it could say so.
 *  It may have been any of those that died. */
function isTakenUnseen(seen: readonly Sighting[], to: number): boolean {
  const epochs = new Set(seen.filter(({ at }) => at <= to).map(({ epoch = 1 }) => epoch));
  const [last = 1, before = 1] = [...epochs].sort((one, other) => other - one);
  return last > before + 1;
}
