import type { JournalEnding } from '../../../../domain/session-change.js';
import type { Parameters } from './parameters.js';
import { NOW } from './store-time.js';

/** The parts of a statement that end journals of one session. The part named `session` has locked the session's row,
 *  and the part named `step` has changed it. So a journal is never locked before its session. */
export interface EndingParts {
  /** Locks the journals, and reads where they stand. */
  readonly stands: string;
  /** Writes the last events, and takes the journals from their writers. */
  readonly closed: string;
  readonly written: string;
}

export function endingParts(endings: readonly JournalEnding[], given: Parameters): EndingParts {
  const events = endings.flatMap(({ runId, events }) =>
    events.map((event, index) => ({ runId, event, place: index + 1 })),
  );
  const runs = given.add(endings.map(({ runId }) => runId));
  const wanted = given.add(endings.map(({ after }) => after ?? null));
  const counts = given.add(endings.map(({ events }) => events.length));
  const eventRuns = given.add(events.map(({ runId }) => runId));
  const places = given.add(events.map(({ place }) => place));
  const texts = given.add(events.map(({ event }) => JSON.stringify(event)));
  return {
    stands: `stands as materialized (
      select journals.run, journals.last_sequence as last, ending.wanted, ending.count
      from unnest(${runs}::text[], ${wanted}::int[], ${counts}::int[]) as ending (run, wanted, count)
      join @journals as journals on journals.run = ending.run
      join session on session.life = journals.session
      for no key update of journals
    )`,
    closed: `closed as (
      update @journals as journals set last_sequence = stands.last + stands.count, closed_at = ${NOW}, fence = null
      from stands, step where journals.run = stands.run returning journals.run
    )`,
    written: `written as (
      insert into @events (run, sequence, ending)
      select stands.run, stands.last + event.place, event.text
      from unnest(${eventRuns}::text[], ${places}::int[], ${texts}::text[]) as event (run, place, text)
      join stands on stands.run = event.run cross join step
    )`,
  };
}
