import type { Chance } from './chance.js';
import type { Exchange, WireFrame } from './history.js';
import { doorReadingsOf } from './simulated-door-readings.js';
import { exchangeOf } from './simulated-exchange.js';
import type { SimulatedRun } from './simulated-run.js';

/** What a client exchanges until it has read a run to its end: refused while the session is busy, cut at random places,
 *  and back by every way. */
export function readingsOf(run: SimulatedRun, chance: Chance): readonly Exchange[] {
  const { door } = run.message;
  return door === 'native' ? nativeReadingsOf(run, chance) : doorReadingsOf(run, door, chance);
}

function nativeReadingsOf(run: SimulatedRun, chance: Chance): readonly Exchange[] {
  const { message, journal, createdAt, endedAt } = run;
  const exchanges: Exchange[] = [];
  const exchange = (way: Exchange['way'], at: number, seen: Partial<Exchange>) =>
    exchanges.push(exchangeOf(run, way, at, seen));
  const events = journal.length - 1;
  let seen = chance.between(1, events);
  if (message.onBusy === 'reject' && chance.odds(0.3))
    exchange('post', createdAt - 4, { status: 409, code: 'session_busy', run: undefined, closedBy: 'service' });
  exchange('post', createdAt - 1, { frames: journal.slice(0, seen) });
  while (chance.odds(0.6)) {
    const way = chance.oneOf(['post', 'post-after', 'get', 'join']);
    const cursor = way === 'post' ? 0 : seen;
    const until = chance.between(seen, events);
    exchange(way, endedAt - 5, { cursor, replayed: way === 'post', ...part(journal, cursor, until) });
    seen = until;
  }
  exchange('get', endedAt + 5, { cursor: seen, ...part(journal, seen, journal.length) });
  return exchanges;
}

/** The last two frames are the ending and `[DONE]`: a client that has seen the ending is told that there is no more. */
function part(journal: readonly WireFrame[], cursor: number, until: number): Partial<Exchange> {
  const frames = journal.slice(cursor, until);
  if (cursor === journal.length - 1) return { status: 204, run: undefined, frames: [], closedBy: 'service' };
  return { frames, closedBy: until === journal.length ? 'service' : 'client' };
}
