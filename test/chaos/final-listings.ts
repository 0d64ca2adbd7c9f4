import { z } from 'zod';
import { finalAnswer } from './final-answer.js';
import { STRANGER, USERS } from './people.js';
import { sessionName } from './session-name.js';
import type { Listing } from './user-trace.js';

const pageSchema = z.object({
  sessions: z.array(z.object({ session_id: z.string(), user_id: z.string().nullable() })),
  next_cursor: z.string().nullable(),
});

/** Small enough for several pages. */
const PAGE = 7;

/** What every user is shown when it is quiet again, and what is shown without a user. */
export async function finalListings(origin: string): Promise<readonly Listing[]> {
  const listings: Listing[] = [];
  for (const user of [...USERS, STRANGER]) {
    for (const order of ['created', 'updated'] as const)
      listings.push({ user, order, sessions: await listed(origin, order, user) });
  }
  return listings;
}

async function listed(origin: string, order: Listing['order'], user: string | undefined): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | null = '';
  do {
    const place: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await finalAnswer(origin, `/agent/sessions?order=${order}&limit=${PAGE}${place}`, user);
    const { sessions, next_cursor } = pageSchema.parse(answer.json);
    names.push(...sessions.map(({ session_id: id, user_id }) => sessionName({ user: user_id ?? undefined, id })));
    cursor = next_cursor;
  } while (cursor !== null);
  return names;
}
