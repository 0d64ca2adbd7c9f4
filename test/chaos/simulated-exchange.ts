import type { Exchange, Way } from './history.js';
import type { SimulatedRun } from './simulated-run.js';

/** One exchange about a run, begun at a time: answered soon, read until the run has ended, and nothing seen but what is
 *  said. */
export function exchangeOf(run: SimulatedRun, way: Way, at: number, seen: Partial<Exchange>): Exchange {
  return {
    message: run.message.number,
    way,
    cursor: 0,
    openedAt: at,
    answeredAt: at + 2,
    closedAt: Math.max(at + 3, run.endedAt),
    status: 200,
    code: undefined,
    run: run.id,
    replayed: false,
    frames: [],
    closedBy: 'client',
    ...seen,
  };
}
