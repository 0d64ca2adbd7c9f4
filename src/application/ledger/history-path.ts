import { SessionNotFound } from '../../domain/errors.js';
import { runIn, type SessionHead } from '../../domain/session-head.js';
import type { History, HistoryRange, RecordedTurn, SessionLedger } from '../ports/session-ledger.js';

/** Turns of one page of the store that are history. */
export interface PathPage {
  readonly head: SessionHead;
  readonly turns: readonly RecordedTurn[];
}

type Pages = Pick<SessionLedger, 'history'>;

/** A store keeps every turn in the order in which they began. A message that takes turns back leads from its own place
 *  to the one before what it takes back, and so the history of a session is a path through its turns, found from its
 *  end. */

/** The history up to the turn of a run, or all of it, latest turn first. What was taken back is passed over, and mostly
 *  not even read. Throws SessionNotFound, also when the session is deleted meanwhile. */
export async function* latestFirst(ledger: Pages, key: string, through?: string): AsyncGenerator<PathPage> {
  let next: HistoryRange | undefined = { through, latest: true };
  while (next !== undefined) {
    const page: History = await pageOf(ledger, key, next);
    const { turns, passingTo } = pathThrough(page);
    if (turns.length > 0) yield { head: page.head, turns };
    const before: string | undefined = passingTo ?? (page.hasMore ? page.turns[0]?.birth.id : undefined);
    next = before === undefined ? undefined : { before, latest: true };
  }
}

/** The history in its order, queued messages last. Throws as above. */
export async function* inOrder(ledger: Pages, key: string): AsyncGenerator<PathPage> {
  let page = await pageOf(ledger, key, {});
  const detours = page.head.wasRewound === true ? await detoursIn(ledger, key) : new Map<string, string>();
  let passingTo: string | undefined;
  const isOnPath = ({ birth: { id } }: RecordedTurn): boolean => {
    passingTo ??= detours.get(id);
    if (passingTo === id) passingTo = undefined;
    return passingTo === undefined;
  };
  for (;;) {
    const turns = page.turns.filter(isOnPath);
    if (turns.length > 0) yield { head: page.head, turns };
    if (!page.hasMore) return;
    page = await pageOf(ledger, key, { after: page.turns.at(-1)?.birth.id });
  }
}

/** All that the store holds, those that were taken back among them. Throws as above. */
export async function* everyPage(ledger: Pages, key: string): AsyncGenerator<PathPage> {
  let page = await pageOf(ledger, key, {});
  for (;;) {
    yield page;
    if (!page.hasMore) return;
    page = await pageOf(ledger, key, { after: page.turns.at(-1)?.birth.id });
  }
}

/** Which turns are taken back by whom: from the first run, up to the other one. */
async function detoursIn(ledger: Pages, key: string): Promise<ReadonlyMap<string, string>> {
  const detours = new Map<string, string>();
  for await (const { head, turns } of latestFirst(ledger, key)) {
    for (const turn of turns) {
      const from = takenBackBy(head, turn);
      if (from !== undefined) detours.set(from, turn.birth.id);
    }
  }
  return detours;
}

/** The turns of a page that are on the path, latest first, and where the path goes on that leaves the page. */
function pathThrough({ head, turns }: History) {
  const kept: RecordedTurn[] = [];
  let passingTo: string | undefined;
  for (const turn of turns.toReversed()) {
    if (passingTo === undefined) {
      kept.push(turn);
      passingTo = takenBackBy(head, turn);
    } else if (turn.birth.id === passingTo) passingTo = undefined;
  }
  return { turns: kept, passingTo };
}

/** The first run that is taken back, if any. What waits takes nothing back yet. */
function takenBackBy(head: SessionHead, turn: RecordedTurn): string | undefined {
  const { takesBack } = turn.birth;
  return takesBack !== undefined && runIn(head, turn).status !== 'queued' ? takesBack.from : undefined;
}

async function pageOf(ledger: Pages, key: string, range: HistoryRange): Promise<History> {
  const page = await ledger.history(key, range);
  if (page === undefined) throw new SessionNotFound(key);
  return page;
}
