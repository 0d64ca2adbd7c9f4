import type { History, HistoryRange } from '../../../../application/ports/session-ledger.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../../../application/ports/session-repository.js';
import { readHead } from '../ledger-codec.js';
import { Parameters, type Statement } from './parameters.js';
import { isThere, type RunRow, recordOf } from './session-rows.js';

/** A turn of a page; without a run where the page has none. */
export interface TurnRow extends RunRow {
  readonly head: string;
  readonly answer: string | null;
  /** How many turns the range has, as far as the statement looked. */
  readonly found: number | null;
  /** Null where the session does not have the turn at which the page is to begin. */
  readonly lower: number | null;
}

/** Reads a page of turns. Turns that have begun have a place, and waiting ones follow in the order of the head's
 *  queue. A text never has fewer bytes than characters, so its bytes can bound the page. */
export function pageStatement(key: string, range: HistoryRange, ttl: number): Statement {
  const given = new Parameters();
  const limit = Math.min(range.limit ?? MAX_PAGE_TURNS, MAX_PAGE_TURNS);
  const order = range.latest ? 'desc' : '';
  const isWithin = 'place > bounds.lower and place < bounds.upper';
  const text = `
    with session as materialized (
      select life, head, turns from @sessions as sessions
      where sessions.key = ${given.add(key)} and ${isThere(given.add(ttl))}
    ), waiting as materialized (
      select waiting.run, session.turns + waiting.index::int as place
      from session, json_array_elements_text(session.head->'queue') with ordinality as waiting (run, index)
    ), bounds as materialized (
      select ${lowerBound(range, given)} as lower, ${upperBound(range, given)} as upper from session
    ), turns as (
      (
        select runs.id, runs.position as place
        from session, bounds, @runs as runs
        where runs.session = session.life and runs.position > bounds.lower and runs.position < bounds.upper
        order by runs.position ${order} limit ${limit + 1}
      )
      union all
      select waiting.run, waiting.place from waiting, bounds where ${isWithin}
    ), page as (
      select runs.birth, runs.outcome, runs.answer, turns.place, count(*) over () as found,
        row_number() over nearest as number,
        sum(octet_length(runs.birth::text) + coalesce(octet_length(runs.answer), 0)) over (
          nearest rows between unbounded preceding and 1 preceding) as ahead
      from (select * from turns order by place ${order} limit ${limit + 1}) as turns
      join @runs as runs on runs.id = turns.id
      window nearest as (order by turns.place ${order})
    )
    select session.head::text, bounds.lower, page.birth::text, page.outcome::text, page.answer, page.found::int
    from session cross join bounds
    left join page on page.number <= ${limit} and coalesce(page.ahead, 0) < ${MAX_PAGE_CHARACTERS}
    order by page.place`;
  return { text, values: given.values };
}

function lowerBound({ after }: HistoryRange, given: Parameters): string {
  return after === undefined ? '0' : placeOf(given.add(after));
}

/** Lies beyond every turn where the session has no such run. */
function upperBound({ before, through }: HistoryRange, given: Parameters): string {
  const bounds = [
    ...(before === undefined ? [] : [placeOf(given.add(before))]),
    ...(through === undefined ? [] : [`${placeOf(given.add(through))} + 1`]),
  ];
  return `coalesce(${[...bounds, '2147483647'].join(', ')})`;
}

function placeOf(run: string): string {
  return `(select coalesce(runs.position, (select place from waiting where waiting.run = ${run}))
    from @runs as runs where runs.id = ${run} and runs.session = session.life)`;
}

export function historyOf(rows: readonly TurnRow[]): History | undefined {
  const [first] = rows;
  if (first === undefined || first.lower === null) return undefined;
  const turns = rows.flatMap((row) => {
    const record = recordOf(row);
    return record === undefined ? [] : [{ ...record, answer: row.answer ?? '' }];
  });
  return { head: readHead(first.head), turns, hasMore: turns.length < (first.found ?? 0) };
}
