import type { Facts } from '../facts.js';
import type { Cancel } from '../history.js';
import { replicasLost, storeAway } from '../timeline.js';
import type { Violation } from '../violation.js';
import { waitsOf } from '../waits.js';

/** From the death of its owner to its going on or ending. Time in which the store was away or no replica was up comes
 *  on top. */
const TAKEOVER_MS = 25_000;
/** The protocol says that the model is left within a second, from any replica within two; a loaded machine is
 *  slower. */
const CANCEL_MS = 5000;

/** Every accepted run ends, and nothing makes it wait for longer than a takeover may take. */
export function checkEndings(facts: Facts): readonly Violation[] {
  return [
    ...unended(facts),
    ...lateTakeovers(facts),
    ...facts.history.cancels.flatMap((one) => lateCancel(facts, one)),
  ];
}

function unended(facts: Facts): readonly Violation[] {
  const lost = facts.history.sent
    .flatMap(({ number }) => facts.runIdsOf(number))
    .filter((run) => !facts.runs.has(run))
    .map((run) => ({ rule: 'run lost' as const, about: `run ${run}`, detail: 'accepted, and not known in the end' }));
  const open = facts.history.runs
    .filter(({ endedAt }) => endedAt === undefined)
    .map(({ id, status }) => ({ rule: 'run never ended' as const, about: `run ${id}`, detail: `it is ${status}` }));
  return [...lost, ...open];
}

function lateTakeovers(facts: Facts): readonly Violation[] {
  return waitsOf(facts)
    .filter(({ counted }) => counted > TAKEOVER_MS)
    .map(({ run, from, to, counted }) => ({
      rule: 'late takeover',
      about: `run ${run}`,
      detail: `nothing from ${new Date(from).toISOString()} for ${to - from} ms, ${counted} of them counted`,
    }));
}

function lateCancel(facts: Facts, { run: id, sentAt, answeredAt, status }: Cancel): readonly Violation[] {
  const run = facts.runs.get(id);
  if (status !== 202 || run?.endedAt === undefined || run.endedAt <= answeredAt + CANCEL_MS) return [];
  const { history } = facts;
  const disturbed =
    replicasLost(history, run.createdAt, run.endedAt) > 0 || storeAway(history, run.createdAt, run.endedAt) > 0;
  if (disturbed) return [];
  return [{ rule: 'late cancel', about: `run ${id}`, detail: `it ended ${run.endedAt - sentAt} ms after the request` }];
}
