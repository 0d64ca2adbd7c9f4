import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import type { RecentPosition } from '../../src/application/ports/recent-sessions.js';
import type { UpdatePlace } from '../../src/application/ports/session-ledger.js';
import type { Run } from '../../src/domain/run.js';
import type { Session } from '../../src/domain/session.js';
import { aReply, aTurn, NEVER } from '../support/builders.js';
import { SeededRandom } from '../support/seeded-random.js';

const START = 1_800_000_000_000;
const USERS = [undefined, 'alice', 'bob'];

/** What every store promises of lists by the last update, whatever changes while they are read page by page. */
export function describeRecentSessions(name: string, open: () => Promise<Store>): void {
  describe(`${name}, listing sessions by their last update`, function () {
    this.timeout(60_000);
    let store: Store;
    let runs: number;
    let now: number;
    let active: Map<string, Run>;

    beforeEach(async () => {
      store = await open();
      [runs, now, active] = [0, START, new Map()];
    });

    afterEach(async () => {
      await store.close();
    });

    /** A message, and at once or later the end of its answer: two updates. */
    async function say(sessionId: string, userId?: string): Promise<void> {
      const key = sessionKeyOf({ sessionId, userId });
      const running = active.get(key);
      if (running !== undefined) {
        active.delete(key);
        await store.runs.end(running, aReply('', 0, { at: new Date(now) }));
        return;
      }
      runs += 1;
      const turn = aTurn({ runId: `run${runs}`, sessionId, at: new Date(now) });
      active.set(key, (await store.sessions.accept({ ...turn, run: { ...turn.run, userId } })).run);
    }

    async function remove(key: string): Promise<void> {
      active.delete(key);
      await store.sessions.delete(key, new Date(now));
    }

    /** All pages, with what happens between two of them. */
    async function pages(limit: number, userId: string | undefined, between: () => Promise<void>): Promise<Session[]> {
      const met: Session[] = [];
      let after: RecentPosition | undefined;
      for (;;) {
        const page = await store.sessions.recent(limit, after, { userId }, NEVER);
        expect(page.sessions.length).to.be.at.most(limit);
        met.push(...page.sessions);
        if (page.end === undefined) return met;
        after = positionBehind(page.end, page.sessions, after);
        now += 1;
        await between();
      }
    }

    it('lists the latest first, and of the same time the later key; a label moves nothing', async () => {
      for (const id of ['c', 'a', 'b']) await say(id);
      now += 1;
      await say('d');
      await store.sessions.label('a', { title: 'Tea' });
      expect(idsOf(await pages(2, undefined, async () => {}))).to.deep.equal(['d', 'c', 'b', 'a']);
      now += 1;
      await say('a');
      expect(idsOf(await pages(9, undefined, async () => {}))).to.deep.equal(['a', 'd', 'c', 'b']);
    });

    it('keeps the order of the first page: what changes comes once, where it stood, and what is new does not come', async () => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        await say(id);
        now += 1;
      }
      let page = 0;
      const met = await pages(1, undefined, async () => {
        page += 1;
        if (page === 1)
          for (const id of ['e', 'b', 'b', 'new']) {
            now += 1;
            await say(id);
          }
        if (page === 2) await say('a');
      });
      expect(idsOf(met)).to.deep.equal(['e', 'd', 'c', 'b', 'a']);
      const [newest = ''] = idsOf(await pages(9, undefined, async () => {}));
      expect(newest).to.equal('a');
    });

    it('does so for a session that changes thirty times meanwhile', async () => {
      for (const id of ['a', 'b', 'c']) {
        await say(id);
        now += 1;
      }
      const met = await pages(1, undefined, async () => {
        for (let time = 0; time < 30; time += 1) {
          now += 1;
          await say('b');
        }
      });
      expect(idsOf(met)).to.deep.equal(['c', 'b', 'a']);
    });

    it('never lists what is in no list, nor what is another user’s', async () => {
      const hidden = aTurn({ runId: 'hidden', sessionId: 'hidden', at: new Date(now), choice: { transcript: [] } });
      await store.sessions.accept({ ...hidden, run: { ...hidden.run, userId: 'alice' } });
      await say('x', 'alice');
      await say('x', 'bob');
      now += 1;
      await say('y');
      expect(keysOf(await pages(1, undefined, async () => {}))).to.deep.equal(['y', 'bob/x', 'alice/x']);
      expect(keysOf(await pages(1, 'alice', async () => {}))).to.deep.equal(['alice/x']);
    });

    for (const userId of USERS) {
      it(`meets each session once, in the order of its first page, whatever happens between pages, for ${userId ?? 'all'}`, async () => {
        const random = new SeededRandom();
        const seed = `seed ${random.seed}`;
        const names = Array.from({ length: 14 }, (_, index) => ({ sessionId: `s${index}`, userId: USERS[index % 3] }));
        const act = async (): Promise<void> => {
          now += random.whole(2);
          const { sessionId, userId: owner } = names[random.whole(names.length)] ?? {
            sessionId: 's0',
            userId: undefined,
          };
          const key = sessionKeyOf({ sessionId, userId: owner });
          const isThere = (await store.ledger.heads([key])).size > 0;
          if (random.whole(8) === 0) await (isThere ? remove(key) : undefined);
          else if (owner !== undefined || isThere || (await isFree(store, sessionId))) await say(sessionId, owner);
        };
        for (let time = 0; time < 40; time += 1) await act();
        const expected = (await orderNow(store, userId)).slice();
        const gone = new Set<string>();
        const met = await pages(1 + random.whole(3), userId, async () => {
          for (let time = random.whole(8); time > 0; time -= 1) await act();
          for (const { key, createdAt } of expected) {
            const head = (await store.ledger.heads([key])).get(key);
            if (head?.createdAt.getTime() !== createdAt) gone.add(key);
          }
        });
        const order = keysOf(met);
        expect(new Set(order).size, `each once, ${seed}`).to.equal(order.length);
        const stayed = expected.map(({ key }) => key).filter((key) => !gone.has(key));
        expect(
          order.filter((key) => !gone.has(key)),
          seed,
        ).to.deep.equal(stayed);
        expect(
          order.filter((key) => !expected.some((known) => known.key === key)),
          seed,
        ).to.deep.equal([]);
      });
    }

    it('meets each session once while messages come at the same time as pages are read', async () => {
      const ids = Array.from({ length: 30 }, (_, index) => `s${index}`);
      for (const id of ids) {
        now += 1;
        await say(id);
      }
      let isOver = false;
      const changes = async (first: number): Promise<void> => {
        for (let index = first; !isOver; index = (index * 7 + 3) % 31) {
          if (index === 30) continue;
          now += 1;
          await say(`s${index}`);
        }
      };
      for (let round = 0; round < 5; round += 1) {
        isOver = false;
        const changing = changes(round * 5 + 1);
        const met = await pages(3, undefined, async () => {});
        isOver = true;
        await changing;
        expect(idsOf(met).toSorted()).to.deep.equal(ids.toSorted());
      }
    });
  });
}

/** As an adapter keeps it between pages. */
function positionBehind(end: UpdatePlace, sessions: readonly Session[], before: RecentPosition | undefined) {
  if (before !== undefined) return { ...before, last: end };
  const first = new Set(keysOf(sessions));
  return { first: end, last: end, wasFirst: (key: string) => first.has(key) };
}

function idsOf(sessions: readonly Session[]): string[] {
  return sessions.map(({ id }) => id);
}

function keysOf(sessions: readonly Session[]): string[] {
  return sessions.map(({ id, userId }) => sessionKeyOf({ sessionId: id, userId }));
}

async function orderNow({ sessions }: Store, userId: string | undefined) {
  const listed = await sessions.list(99, undefined, undefined, { userId });
  return listed
    .map((session) => ({
      key: sessionKeyOf({ sessionId: session.id, userId: session.userId }),
      updatedAt: session.updatedAt.getTime(),
      createdAt: session.createdAt.getTime(),
    }))
    .toSorted((left, right) => right.updatedAt - left.updatedAt || (left.key > right.key ? -1 : 1));
}

/** Whether a message for nobody's session of this id would begin one. */
async function isFree({ sessions }: Store, sessionId: string): Promise<boolean> {
  return (await sessions.locate(sessionId, { userId: undefined })).userId === undefined;
}
