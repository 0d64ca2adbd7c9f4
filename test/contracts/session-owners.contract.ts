import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import { SessionNotFound } from '../../src/domain/errors.js';
import type { Run } from '../../src/domain/run.js';
import { SessionAmbiguous } from '../../src/domain/session-ambiguous.js';
import { ANYBODY, aReply, aTurn, chunks, errorOf, NEVER, type TurnFields } from '../support/builders.js';

const [ALICE, BOB] = [{ userId: 'alice' }, { userId: 'bob@example.org' }];

/** What every store promises of sessions that are a user's. */
export function describeSessionOwners(name: string, open: () => Promise<Store>): void {
  describe(`${name}, with sessions of users`, () => {
    let store: Store;
    let runs: number;

    beforeEach(async () => {
      store = await open();
      runs = 0;
    });

    afterEach(async () => {
      await store.close();
    });

    async function accept(sessionId: string, userId?: string, fields: TurnFields = {}): Promise<Run> {
      runs += 1;
      const turn = aTurn({ runId: `run${runs}`, sessionId, at: new Date(1_800_000_000_000 + runs), ...fields });
      return (await store.sessions.accept({ ...turn, run: { ...turn.run, userId } })).run;
    }

    async function end(run: Run): Promise<void> {
      await store.journal.append(run, chunks(['Hi']), NEVER);
      await store.runs.end(run, aReply('Hi', 1, { at: new Date(run.createdAt.getTime() + 1) }));
    }

    async function listed(userId?: string): Promise<readonly string[]> {
      const sessions = await store.sessions.list(99, undefined, undefined, { userId });
      return sessions.map((session) => `${session.userId ?? 'nobody'} ${session.id}`);
    }

    async function ownedBy(userId: string): Promise<readonly string[]> {
      const keys: string[] = [];
      for await (const page of store.sessions.owned(userId)) keys.push(...page);
      return keys.toSorted();
    }

    it('leaves the process to others between the pages of what a user has, which are small', async () => {
      for (let number = 0; number < 100; number += 1) await accept(`s${number}`, 'alice');
      let turns = 0;
      let next = setImmediate(function count() {
        turns += 1;
        next = setImmediate(count);
      });
      const sizes: number[] = [];
      for await (const keys of store.sessions.owned('alice')) {
        expect(turns).to.be.at.least(sizes.length - 1);
        sizes.push(keys.length);
        await Promise.all(keys.map((key) => store.sessions.delete(key, new Date(1_800_000_100_000))));
      }
      clearImmediate(next);
      expect(Math.max(...sizes)).to.be.below(50);
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(100);
      expect(await ownedBy('alice')).to.deep.equal([]);
    });

    it('keeps apart what users call by the same id, and what is nobody’s', async () => {
      const all = [await accept('demo', 'alice'), await accept('demo', 'bob@example.org')];
      all.unshift(await accept('other', undefined));
      for (const run of all) await end(run);
      const nobodys = await store.sessions.accept({
        ...aTurn({ runId: 'nobodys', sessionId: 'demo2', at: new Date() }),
      });
      await end(nobodys.run);
      for (const { userId, sessionId, id } of all) {
        const key = sessionKeyOf({ sessionId, userId });
        expect(await store.sessions.find(key)).to.deep.include({ id: sessionId, messageCount: 2 });
        expect((await store.sessions.find(key)).userId).to.equal(userId);
        expect((await store.runs.find(id)).userId).to.equal(userId);
      }
    });

    it('leaves the key of a session that is nobody’s as it was', () => {
      expect(sessionKeyOf({ sessionId: 'demo' })).to.equal('demo');
      expect(sessionKeyOf({ sessionId: 'demo', userId: undefined })).to.equal('demo');
      expect(sessionKeyOf({ sessionId: 'b', userId: 'a' })).not.to.equal(sessionKeyOf({ sessionId: 'a', userId: 'b' }));
    });

    it('lists a user what is the user’s, and all to whoever names none, in the same order', async () => {
      await accept('a', 'alice');
      await accept('b', 'bob@example.org');
      await accept('c', undefined);
      await accept('d', 'alice');
      await accept('hidden', 'alice', { choice: { transcript: [] } });
      expect(await listed('alice')).to.deep.equal(['alice d', 'alice a']);
      expect(await listed('bob@example.org')).to.deep.equal(['bob@example.org b']);
      expect(await listed('ali')).to.deep.equal([]);
      expect(await listed()).to.deep.equal(['alice d', 'nobody c', 'bob@example.org b', 'alice a']);
    });

    it('pages through the lists of one and of all, each session once, also where ids and times are the same', async () => {
      const at = new Date(1_800_000_000_000);
      const users = ['alice', 'bob@example.org', 'carol', undefined];
      await accept('same', undefined, { at });
      for (const user of users)
        for (const id of ['same', 'x', 'y']) {
          if (user !== undefined || id !== 'same') await accept(id, user ?? 'dave', { at });
        }
      for (const userId of [undefined, 'alice']) {
        const met: string[] = [];
        for (let after: { createdAt: Date; id: string; userId?: string | undefined } | undefined; ; ) {
          const [session] = await store.sessions.list(1, after, undefined, { userId });
          if (session === undefined) break;
          met.push(`${session.userId ?? 'nobody'} ${session.id}`);
          after = session;
        }
        expect(met).to.deep.equal(await listed(userId));
        expect(new Set(met).size).to.equal(userId === undefined ? 12 : 3);
      }
    });

    it('locates for a user the user’s own, whatever others have', async () => {
      await accept('demo', undefined);
      await accept('demo', 'alice');
      expect(await store.sessions.locate('demo', ALICE)).to.deep.equal({ ...ALICE, key: 'alice/demo' });
      const { key } = await store.sessions.locate('demo', BOB);
      expect(await errorOf(store.sessions.find(key))).to.be.instanceOf(SessionNotFound);
    });

    it('locates for whoever names no user nobody’s first, else the only one, and says where there are several', async () => {
      expect(await store.sessions.locate('demo', ANYBODY)).to.deep.equal({ ...ANYBODY, key: 'demo' });
      await accept('demo', 'alice');
      expect(await store.sessions.locate('demo', ANYBODY)).to.deep.equal({ ...ALICE, key: 'alice/demo' });
      await accept('demo', 'bob@example.org');
      expect(await errorOf(store.sessions.locate('demo', ANYBODY))).to.be.instanceOf(SessionAmbiguous);
      expect(await errorOf(accept('demo'))).to.be.instanceOf(SessionAmbiguous);
      await store.sessions.delete('bob@example.org/demo', new Date());
      expect(await store.sessions.locate('demo', ANYBODY)).to.deep.equal({ ...ALICE, key: 'alice/demo' });
      await store.sessions.delete('alice/demo', new Date());
      await accept('demo');
      await accept('demo', 'alice');
      expect(await store.sessions.locate('demo', ANYBODY)).to.deep.equal({ ...ANYBODY, key: 'demo' });
    });

    it('goes on with the only session of an id for whoever names no user, as its owner’s', async () => {
      await end(await accept('demo', 'alice', { key: 'key' }));
      const run = await accept('demo');
      expect(run.userId).to.equal('alice');
      expect(await store.sessions.find('alice/demo')).to.include({ messageCount: 3 });
      expect(await accept('demo', undefined, { key: 'key' })).to.include({ id: 'run1' });
      const again = aTurn({ sessionId: 'demo', key: 'key' });
      expect(await store.sessions.findAccepted(again)).to.include({ id: 'run1' });
      expect(await store.sessions.findAccepted({ ...again, run: { ...again.run, userId: 'bob' } })).to.equal(undefined);
    });

    it('tells all that a user has, page by page, unlisted ones too, and nothing that is another’s', async () => {
      for (let index = 0; index < 40; index += 1) await accept(`s${index}`, 'alice');
      await accept('hidden', 'alice', { choice: { transcript: [] } });
      await accept('s1', 'bob@example.org');
      await accept('nobodys', undefined);
      const all = [...Array.from({ length: 40 }, (_, index) => `alice/s${index}`), 'alice/hidden'];
      expect(await ownedBy('alice')).to.deep.equal(all.toSorted());
      expect(await ownedBy('nobody')).to.deep.equal([]);
    });
  });
}
