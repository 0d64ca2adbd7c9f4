import type { HeldSession } from '../../../../application/ports/session-ledger.js';
import type { JournalEnding } from '../../../../domain/session-change.js';
import { endingParts } from './journal-endings.js';
import { Parameters, type Statement } from './parameters.js';
import { isThere } from './session-rows.js';
import { fromNow, NOW } from './store-time.js';

/** Removes a session if it stands at this revision. Its key may begin a new session at once, and a purge takes the
 *  rest away later. The fence of its run is void from now on. */
export function removalStatement(
  key: string,
  revision: string,
  endings: readonly JournalEnding[],
  ttl: number,
): Statement {
  const given = new Parameters();
  const stillStands = `sessions.key = ${given.add(key)} and sessions.revision = ${given.add(revision)}
    and ${isThere(given.add(ttl))}`;
  const { stands, closed, written } = endingParts(endings, given);
  const text = `
    with session as materialized (
      select sessions.life from @sessions as sessions where ${stillStands} for no key update
    ), ${stands}, step as (
      update @sessions as sessions set deleted_at = ${NOW}, due_at = null
      from session where sessions.life = session.life returning sessions.life
    ), ${closed}, ${written}, others as (
      update @journals as journals set fence = null
      from step, (select count(*) from closed) as before
      where journals.session = step.life and journals.fence is not null
        and journals.run <> all (${given.add(endings.map(({ runId }) => runId))}::text[])
    )
    select exists (select from step) as done`;
  return { text, values: given.values };
}

/** Passes over a session that somebody else has locked, because a step that hangs must not hold up other sessions. */
export function renewalStatement(held: readonly HeldSession[], dueIn: number): Statement {
  const given = new Parameters();
  const runs = given.add(held.map(({ runId }) => runId));
  const fences = given.add(held.map(({ fence }) => fence));
  const text = `
    with held as materialized (
      select sessions.life, one.fence
      from unnest(${runs}::text[], ${fences}::text[]) as one (run, fence)
      join @journals as journals on journals.run = one.run and journals.fence = one.fence
      join @sessions as sessions on sessions.life = journals.session and sessions.deleted_at is null
      for no key update of sessions skip locked
    )
    update @sessions as sessions set due_at = ${fromNow(given.add(dueIn))}
    from held where sessions.life = held.life returning held.fence`;
  return { text, values: given.values };
}

/** Runs and fences. */
export const STANDING_FENCES = `
  select journals.fence from @journals as journals
  where journals.run = any ($1::text[]) and journals.fence = any ($2::text[])`;
