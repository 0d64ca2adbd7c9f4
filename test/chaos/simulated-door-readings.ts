import type { Chance } from './chance.js';
import type { Door, Exchange, Way } from './history.js';
import { exchangeOf } from './simulated-exchange.js';
import type { SimulatedRun } from './simulated-run.js';

/** How clients of a door come back. From where they are natively or by the number of an event, else from the start. */
const WAYS: Readonly<Record<Exclude<Door, 'native'>, readonly [Way, ...Way[]]>> = {
  completions: ['post', 'post', 'get'],
  responses: ['post', 'response', 'response'],
  'ai-sdk': ['reconnect', 'reconnect', 'get'],
};
const BEHIND: ReadonlySet<Way> = new Set(['get', 'response']);

/** What a client of a door exchanges until it has read a run to its end: cut at random places, and back by every
 *  way. */
export function doorReadingsOf(run: SimulatedRun, door: Exclude<Door, 'native'>, chance: Chance): readonly Exchange[] {
  const { journal, createdAt, endedAt } = run;
  const events = journal.length - 1;
  let seen = chance.between(1, events);
  const exchange = (way: Way, at: number, from: number, until: number): Exchange =>
    exchangeOf(run, way, at, {
      cursor: from,
      replayed: way === 'post' && at >= createdAt,
      frames: journal.slice(from, until),
      closedBy: until === journal.length ? 'service' : 'client',
    });
  const exchanges = [exchange('post', createdAt - 1, 0, seen)];
  while (chance.odds(0.6) && seen < events) {
    const way = chance.oneOf(WAYS[door]);
    const from = BEHIND.has(way) ? seen : 0;
    const until = chance.between(Math.max(from, 1), events);
    exchanges.push(exchange(way, endedAt - 5, from, until));
    seen = Math.max(seen, until);
  }
  return [...exchanges, exchange(WAYS[door][0], endedAt + 5, 0, journal.length)];
}
