import type { RunBirth } from '../../domain/run.js';
import { SessionAmbiguous } from '../../domain/session-ambiguous.js';
import type { SessionHead } from '../../domain/session-head.js';
import type { ListedPosition, SessionLedger, Snapshot } from '../ports/session-ledger.js';
import type { NewTurn } from '../ports/session-repository.js';
import { listedShelf, sameIdShelf, unlistedShelf } from './session-shelves.js';

/** The session that a message is for is a user's, though it names none. */
export interface Elsewhere {
  readonly ownerElsewhere: string;
}

export function ownedBy(userId: string, turn: NewTurn): NewTurn {
  return { ...turn, run: { ...turn.run, userId } };
}

const PAGE_SESSIONS = 32;

/** Where the session of a caller who names no user may be, when it is not nobody's: what `soleOwnerOf` needs. */
export function elsewhereOf({ sessionId, userId }: Pick<RunBirth, 'sessionId' | 'userId'>): string | undefined {
  return userId === undefined ? sameIdShelf(sessionId) : undefined;
}

/** The one user who has a session with this id, which is not nobody's; undefined where none has. Throws
 *  SessionAmbiguous where several have. */
export async function soleOwnerOf(
  ledger: Pick<SessionLedger, 'list'>,
  sessionId: string,
  { elsewhere }: Snapshot,
): Promise<string | undefined> {
  const [first, second] = elsewhere ?? (await listedWith(ledger, sessionId));
  if (second !== undefined) throw new SessionAmbiguous();
  return first?.userId;
}

async function listedWith(ledger: Pick<SessionLedger, 'list'>, sessionId: string): Promise<readonly SessionHead[]> {
  return (await ledger.list(sameIdShelf(sessionId), 2, undefined)).map(({ head }) => head);
}

/** The keys of all sessions of a user, page by page, those that are in no list too. One that begins meanwhile may be
 *  left out. */
export async function* keysOf(ledger: Pick<SessionLedger, 'list'>, userId: string): AsyncGenerator<readonly string[]> {
  for (const shelf of [listedShelf(userId), unlistedShelf(userId)]) yield* keysOn(ledger, shelf);
}

async function* keysOn(ledger: Pick<SessionLedger, 'list'>, shelf: string): AsyncGenerator<readonly string[]> {
  let last: ListedPosition | undefined;
  for (;;) {
    const page = await ledger.list(shelf, PAGE_SESSIONS, last);
    yield page.map(({ key }) => key);
    if (page.length < PAGE_SESSIONS) return;
    last = page.at(-1);
  }
}
