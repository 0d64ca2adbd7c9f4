import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import type { Committed, SessionLedger, Snapshot, Step } from '../../src/application/ports/session-ledger.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../src/application/ports/session-repository.js';
import { accept, claim, end } from '../../src/domain/conversation.js';
import { LeaseLost, RunEnded, RunNotFound } from '../../src/domain/errors.js';
import type { OnBusy } from '../../src/domain/run.js';
import type { SessionChange } from '../../src/domain/session-change.js';
import { birthOf, type Due, fenceIn, fenceOf, type SessionHead } from '../../src/domain/session-head.js';
import { endAll, stop } from '../../src/domain/stopping.js';
import { aLease, anEnding, aRun, chunks, collect, errorOf, NEVER, NEW_YEAR, textOf } from '../support/builders.js';
import { keepManyTurns } from '../support/many-turns.js';
import { eventsOf } from '../support/pulled.js';

const LONG = 60_000;
const KEY = 'session1';

interface StepFields {
  readonly dueIn?: Due;
  readonly onlyIfDue?: boolean;
  readonly key?: string;
  readonly shelves?: readonly string[];
}

/** What every SessionLedger promises, and the journal beside it. `open` gives an empty store, on a clock that runs. The
 *  steps are those of the domain, so that what is kept is what is really kept. */
export function describeSessionLedger(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a SessionLedger`, () => {
    let store: Store;
    let ledger: SessionLedger;
    let revisions: number;

    beforeEach(async () => {
      store = await open();
      if (store.ledger === undefined) throw new Error('this store has no ledger');
      ledger = store.ledger;
      revisions = 0;
    });

    afterEach(async () => {
      await store.close();
    });

    function stepOf(seen: Snapshot, change: SessionChange, fields: StepFields = {}): Step {
      revisions += 1;
      const { head } = change;
      const { dueIn = LONG, onlyIfDue = false, key, shelves = [''] } = fields;
      const fixed = { seen: seen.revision, revision: `revision${revisions}`, fence: fenceIn(head) };
      return { ...change, ...fixed, dueIn, onlyIfDue, key, shelves, isIdle: head.active === undefined };
    }

    async function make(
      change: (seen: Snapshot) => SessionChange | undefined,
      fields: StepFields & { readonly session?: string } = {},
    ): Promise<Committed> {
      const { session = KEY } = fields;
      const runs = Array.from({ length: 9 }, (_, index) => `run${index}`);
      const seen = await ledger.load(session, { runs });
      const changed = change(seen);
      if (changed === undefined) throw new Error('nothing changes');
      return ledger.commit(session, stepOf(seen, changed, fields), { active: true });
    }

    function accepting(id: string, onBusy: OnBusy = 'queue', sessionId = KEY, createdAt = NEW_YEAR) {
      const birth = birthOf(aRun({ id, sessionId, createdAt }));
      return ({ head }: Pick<Snapshot, 'head'>) =>
        accept(head, { birth, onBusy, queueLimit: 8, replicaIsFull: false, maxBytes: 64_000_000, writer: 'me' });
    }

    function ending(id: string, text = '', lastSequence = text.length, epoch = 1) {
      return (seen: Snapshot) => end(seen, aLease(id, { epoch }), anEnding(), { text, lastSequence }, 'me');
    }

    function claiming({ head }: Snapshot): SessionChange | undefined {
      return head && claim(head, 'other');
    }

    async function head(session = KEY): Promise<SessionHead> {
      const found = (await ledger.load(session, {})).head;
      if (found === undefined) throw new Error('there is no session');
      return found;
    }

    async function turns(range = {}): Promise<string[] | undefined> {
      return (await ledger.history(KEY, range))?.turns.map(({ birth, answer }) => `${birth.id}${answer}`);
    }

    describe('a step', () => {
      it('is kept, and what it kept is given back: the head, and the records that are wanted', async () => {
        expect(await ledger.load(KEY, { runs: ['run1'], active: true })).to.deep.equal({
          revision: undefined,
          head: undefined,
          runs: new Map(),
          keyed: undefined,
        });
        const change = accepting('run1')({ head: undefined });
        const record = { birth: birthOf(aRun()), outcome: undefined };
        expect(await make(() => change)).to.deep.equal({ done: true, active: record });
        const bare = { revision: 'revision1', head: change.head, runs: new Map(), keyed: undefined };
        expect(await ledger.load(KEY, {})).to.deep.equal(bare);
        const runs = new Map([['run1', record]]);
        expect(await ledger.load(KEY, { active: true })).to.deep.equal({ ...bare, runs });
        expect(await ledger.load(KEY, { runs: ['run1', 'none'] })).to.deep.equal({ ...bare, runs });
        expect(await ledger.sessionOf('run1')).to.equal(KEY);
        expect(await ledger.sessionOf('none')).to.equal(undefined);
      });

      it('ends a run with its outcome and its answer, and names the run that is active then', async () => {
        await make(accepting('run1'));
        await make(accepting('run2'));
        await store.journal.append(aLease(), chunks(['H', 'i']), NEVER);
        const ended = await make(ending('run1', 'Hi'));
        expect(ended).to.have.nested.property('active.birth.id', 'run2');
        const { runs } = await ledger.load(KEY, { runs: ['run1'] });
        const outcome = { ...anEnding(), epoch: 1, attempts: 0, stopCause: undefined, next: 'run2' };
        expect(runs.get('run1')).to.deep.equal({ birth: birthOf(aRun()), outcome });
        expect(await turns()).to.deep.equal(['run1Hi', 'run2']);
      });

      it('is not kept where the session stands elsewhere by now, and that is told', async () => {
        const unseen = await ledger.load(KEY, {});
        const late = stepOf(unseen, accepting('late')(unseen));
        await make(accepting('run1'));
        const seen = await ledger.load(KEY, {});
        const second = stepOf(seen, accepting('second')(seen));
        await make(accepting('run2'));
        for (const step of [late, second]) {
          const refused = await ledger.commit(KEY, step, { runs: ['run2'], active: true });
          const snapshot = await ledger.load(KEY, { runs: ['run2'], active: true });
          expect(refused).to.deep.equal({ done: false, gap: undefined, snapshot });
        }
        expect(await turns()).to.deep.equal(['run1', 'run2']);
        expect(await ledger.sessionOf('late')).to.equal(undefined);
      });

      it('wins alone where many were decided on the same', async () => {
        const seen = await ledger.load(KEY, {});
        const steps = Array.from({ length: 9 }, (_, index) => stepOf(seen, accepting(`run${index}`)(seen)));
        const committed = await Promise.all(steps.map((step) => ledger.commit(KEY, step, {})));
        expect(committed.filter(({ done }) => done)).to.have.length(1);
        const winner = committed.findIndex(({ done }) => done);
        expect(await turns()).to.deep.equal([`run${winner}`]);
      });

      it('keeps a run that is born and ends with it: its outcome, its answer, and the end of its journal', async () => {
        await make((seen) => {
          const born = accepting('run1')(seen);
          const runs = new Map([['run1', { birth: born.birth, outcome: undefined }]]);
          const ended = ending('run1', 'Hi', 0)({ ...seen, head: born.head, runs });
          return { ...ended, birth: born.birth, begun: ['run1'] };
        });
        const { runs } = await ledger.load(KEY, { runs: ['run1'] });
        expect(runs.get('run1')?.outcome).to.include({ finishReason: 'stop' });
        const { turns } = (await ledger.history(KEY, { limit: 9 })) ?? { turns: [] };
        expect(turns.map(({ answer }) => answer)).to.deep.equal(['Hi']);
        expect((await store.journal.position('run1')).ended).to.equal(true);
      });

      it('is done when it is given again, since its answer was lost, and nothing is kept twice', async () => {
        const seen = await ledger.load(KEY, {});
        const step = stepOf(seen, accepting('run1')(seen));
        for (let time = 0; time < 2; time += 1) expect(await ledger.commit(KEY, step, {})).to.include({ done: true });
        await make(accepting('run2'));
        expect(await ledger.commit(KEY, step, {})).to.include({ done: false });
        expect(await turns()).to.deep.equal(['run1', 'run2']);
      });

      it('is not kept where a session was deleted and begun again meanwhile', async () => {
        await make(accepting('run1'));
        const seen = await ledger.load(KEY, {});
        await ledger.remove(KEY, seen, []);
        await make(accepting('run2'));
        const step = stepOf(seen, accepting('run3')(seen));
        expect(await ledger.commit(KEY, step, {})).to.include({ done: false });
        expect(await ledger.remove(KEY, seen, [])).to.equal(false);
        expect(await turns()).to.deep.equal(['run2']);
      });

      it('takes along what a newer version wrote into the head', async () => {
        await make(accepting('run1'));
        await make(({ head }) => head && { head: { ...head, ...{ title: 'Tea', more: { of: [1] } } } });
        await make(accepting('run2'));
        expect(await head()).to.deep.include({ title: 'Tea', more: { of: [1] }, queue: ['run2'] });
      });

      it('lets a key lead to its run, within the session, and to another one when it is used again', async () => {
        await make(accepting('run1'), { key: 'key' });
        expect((await ledger.load(KEY, { key: 'key' })).keyed?.birth.id).to.equal('run1');
        expect((await ledger.load(KEY, { key: 'other' })).keyed).to.equal(undefined);
        await make(accepting('run2', 'queue', 'session2'), { session: 'session2' });
        expect((await ledger.load('session2', { key: 'key' })).keyed).to.equal(undefined);
        await make(accepting('run3'), { key: 'key' });
        expect((await ledger.load(KEY, { key: 'key' })).keyed?.birth.id).to.equal('run3');
      });
    });

    describe('a journal', () => {
      it('is appended to by who has the fence, and by nobody else', async () => {
        await make(accepting('run1'));
        await make(accepting('run2'));
        await store.journal.append(aLease(), chunks(['a']), NEVER);
        await make(claiming);
        const append = (id: string, epoch: number) =>
          errorOf(store.journal.append(aLease(id, { epoch }), chunks(['b'], 2), NEVER));
        for (const [id, epoch] of [
          ['run1', 1],
          ['run1', 3],
          ['run1', 0],
          ['run2', 1],
          ['run2', 0],
        ] as const)
          expect(await append(id, epoch), `${id} ${epoch}`).to.be.instanceOf(LeaseLost);
        await store.journal.append(aLease('run1', { epoch: 2 }), chunks(['b'], 2), NEVER);
        await make(ending('run1', 'ab', 2, 2));
        expect(await append('run1', 2)).to.be.instanceOf(RunEnded);
        expect(await append('none', 1)).to.be.instanceOf(RunNotFound);
      });

      it('must stand where its ending says, or nothing is kept, and where it stands is told', async () => {
        await make(accepting('run1'));
        await store.journal.append(aLease(), chunks(['a', 'b']), NEVER);
        for (const last of [0, 1, 3]) {
          const refused = await make(ending('run1', 'ab', last));
          expect(refused).to.deep.include({ done: false, gap: { runId: 'run1', last: 2 } });
        }
        expect((await head()).active?.id).to.equal('run1');
        expect(await store.journal.position('run1')).to.deep.equal({ last: 2, ended: false });
        expect(await make(ending('run1', 'ab', 2))).to.include({ done: true });
      });

      it('ends for its readers with the step that ends it, wherever it stands if that does not matter', async () => {
        await make(accepting('run1'));
        await make(accepting('run2'));
        const readers = ['run1', 'run2'].map((id) => collect(eventsOf(store.journal, id, 0, NEVER)));
        await store.journal.append(aLease(), chunks(['a', 'b']), NEVER);
        await make((seen) => stop(seen, 'run2', 'cancelled', NEW_YEAR));
        const seen = await ledger.load(KEY, {});
        expect(await ledger.remove(KEY, seen, seen.head === undefined ? [] : endAll(seen.head, NEW_YEAR))).to.equal(
          true,
        );
        const [first = [], second = []] = await Promise.all(readers);
        expect(textOf(first)).to.equal('ab');
        expect(first.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
        expect(second).to.deep.equal([
          { type: 'run-end', sequence: 1, finishReason: 'cancelled', usage: undefined, at: NEW_YEAR },
        ]);
      });
    });

    it('removes a session with all that is its own, if it stands where it was seen', async () => {
      await make(accepting('run1'), { key: 'key', shelves: ['', 'owner:1'] });
      const seen = await ledger.load(KEY, {});
      await make(accepting('run2'));
      expect(await ledger.remove(KEY, seen, [])).to.equal(false);
      expect(await turns()).to.deep.equal(['run1', 'run2']);
      expect(await ledger.remove(KEY, await ledger.load(KEY, {}), [])).to.equal(true);
      expect(await ledger.load(KEY, { runs: ['run1'], key: 'key' })).to.deep.include({
        revision: undefined,
        keyed: undefined,
      });
      expect(await ledger.history(KEY, {})).to.equal(undefined);
      expect(await ledger.heads([KEY])).to.deep.equal(new Map());
      for (const shelf of ['', 'owner:1']) expect(await ledger.list(shelf, 9, undefined)).to.deep.equal([]);
      await make(accepting('run3'));
      expect((await ledger.load(KEY, { runs: ['run1'], key: 'key' })).runs.size).to.equal(0);
      expect(await turns()).to.deep.equal(['run3']);
    });

    describe('what is due', () => {
      it('is told when its time has come, each once and no more than asked for', async () => {
        for (const id of [1, 2, 3])
          await make(accepting(`run${id}`, 'queue', `session${id}`), { session: `session${id}`, dueIn: 0 });
        await make(accepting('run4', 'queue', 'session4'), { session: 'session4' });
        await make(accepting('run5', 'queue', 'session5'), { session: 'session5', dueIn: 'never' });
        expect((await ledger.due(9)).toSorted()).to.deep.equal(['session1', 'session2', 'session3']);
        expect(await ledger.due(2)).to.have.length(2);
      });

      it('stays so through steps that leave it so, until one says otherwise', async () => {
        await make(accepting('run1'), { dueIn: 0 });
        await make(accepting('run2'), { dueIn: 'unchanged' });
        expect(await ledger.due(9)).to.deep.equal([KEY]);
        await make(claiming);
        expect(await ledger.due(9)).to.deep.equal([]);
        await make(accepting('run3'), { dueIn: 'unchanged' });
        expect(await ledger.due(9)).to.deep.equal([]);
        await make(ending('run1', '', 0, 2), { dueIn: 0 });
        expect(await ledger.due(9)).to.deep.equal([KEY]);
        await make(ending('run2'), { dueIn: 'never' });
        expect(await ledger.due(9)).to.deep.equal([]);
      });

      it('is put off by who has the fence, and a step that is made only when it is due is then not made', async () => {
        await make(accepting('run1'), { dueIn: 0 });
        const held = { key: KEY, runId: 'run1', fence: fenceOf(aLease()) };
        const lost = { ...held, fence: fenceOf(aLease('run1', { epoch: 2 })) };
        const gone = { key: 'none', runId: 'none', fence: fenceOf(aLease('none')) };
        expect(await ledger.renew([lost, gone], LONG)).to.deep.equal([lost, gone]);
        expect(await ledger.due(9)).to.deep.equal([KEY]);
        const seen = await ledger.load(KEY, {});
        expect(await ledger.renew([held, lost], LONG)).to.deep.equal([lost]);
        expect(await ledger.due(9)).to.deep.equal([]);
        const claimed = claiming(seen);
        if (claimed === undefined) throw new Error('nothing to claim');
        const step = stepOf(seen, claimed, { onlyIfDue: true });
        expect(await ledger.commit(KEY, step, {})).to.deep.include({ done: false, gap: undefined });
        expect(await ledger.renew([held], 0)).to.deep.equal([]);
        expect(await ledger.commit(KEY, step, {})).to.include({ done: true });
        expect(await ledger.renew([held], LONG)).to.deep.equal([held]);
        expect(await ledger.renew([], LONG)).to.deep.equal([]);
      });
    });

    it('tells the turns in the order in which they began, then the queue; the latest of them, up to one', async () => {
      expect(await ledger.history(KEY, {})).to.equal(undefined);
      for (const id of ['run1', 'run2', 'run3']) await make(accepting(id));
      await make(accepting('run4', 'interrupt'));
      await make((seen) => stop(seen, 'run2', 'cancelled', NEW_YEAR));
      expect(await turns()).to.deep.equal(['run1', 'run4', 'run2', 'run3']);
      await make(ending('run1'));
      await make(ending('run4'));
      expect(await turns()).to.deep.equal(['run1', 'run4', 'run2', 'run3']);
      expect((await head()).active?.id).to.equal('run3');
      await make(accepting('run5'));
      const history = await ledger.history(KEY, {});
      expect(history?.head).to.deep.equal(await head());
      expect(history).to.include({ hasMore: false });
      expect(await turns({ limit: 2 })).to.deep.equal(['run1', 'run4']);
      expect(await turns({ after: 'run4', limit: 2 })).to.deep.equal(['run2', 'run3']);
      expect(await turns({ after: 'run3' })).to.deep.equal(['run5']);
      expect(await turns({ after: 'run5' })).to.deep.equal([]);
      expect(await turns({ after: 'none' })).to.equal(undefined);
      expect(await turns({ latest: true, limit: 2 })).to.deep.equal(['run3', 'run5']);
      expect(await turns({ through: 'run4' })).to.deep.equal(['run1', 'run4']);
      expect(await turns({ through: 'run5', latest: true, limit: 3 })).to.deep.equal(['run2', 'run3', 'run5']);
      expect(await turns({ through: 'run2', after: 'run1' })).to.deep.equal(['run4', 'run2']);
      expect(await turns({ through: 'none', latest: true, limit: 1 })).to.deep.equal(['run5']);
      expect(await turns({ before: 'run3', latest: true, limit: 2 })).to.deep.equal(['run4', 'run2']);
      expect(await turns({ before: 'run5' })).to.deep.equal(['run1', 'run4', 'run2', 'run3']);
      expect(await turns({ before: 'run1', latest: true, limit: 2 })).to.deep.equal([]);
      const pages = [{ limit: 4 }, { limit: 5 }, { latest: true, limit: 4 }, { after: 'run1', limit: 4 }];
      const more = await Promise.all(pages.map(async (range) => (await ledger.history(KEY, range))?.hasMore));
      expect(more).to.deep.equal([true, false, true, false]);
    });

    it('tells turns in pages that are never large, forwards and backwards', async () => {
      const count = MAX_PAGE_TURNS + 5;
      const large = 'x'.repeat(MAX_PAGE_CHARACTERS / 2);
      await keepManyTurns({ ledger }, 'session1', count, (index) => (index >= 3 && index < 8 ? large : ''));
      const all = Array.from({ length: count }, (_, index) => `run${index}`);
      for (const latest of [false, true]) {
        const pages: string[][] = [];
        let range = {};
        for (let hasMore = true; hasMore; ) {
          const page = await ledger.history(KEY, { latest, ...range });
          const ids = page?.turns.map(({ birth }) => birth.id) ?? [];
          expect(ids.length).to.be.within(1, MAX_PAGE_TURNS);
          pages.push(ids);
          range = latest ? { before: ids[0] } : { after: ids.at(-1) };
          hasMore = page?.hasMore ?? false;
        }
        expect((latest ? pages.toReversed() : pages).flat()).to.deep.equal(all);
        expect(pages.map(({ length }) => length)).to.deep.equal(latest ? [255, 2, 4] : [5, 2, 254]);
      }
    }).timeout(60_000);

    it('lists the sessions of a shelf, newest first, and nothing that stands elsewhere', async () => {
      for (const [id, owner] of [
        [1, 'owner:1'],
        [2, 'owner:2'],
        [3, 'owner:1'],
        [4, undefined],
        [5, 'owner:1'],
        [6, undefined],
      ] as const) {
        const at = new Date(NEW_YEAR.getTime() + Math.floor(id / 2));
        const session = `session${id}`;
        await make(accepting(`run${id}`, 'queue', session, at), {
          session,
          shelves: [...(id === 6 ? [] : ['']), ...(owner === undefined ? [] : [owner])],
        });
      }
      await make(accepting('run7', 'queue', 'session3'), { session: 'session3', shelves: ['', 'owner:2'] });
      const keys = async (shelf: string, limit = 9, after?: { key: string; createdAt: Date }) =>
        (await ledger.list(shelf, limit, after)).map(({ key }) => key);
      expect(await keys('')).to.deep.equal(['session4', 'session5', 'session2', 'session3', 'session1']);
      expect(await keys('owner:1')).to.deep.equal(['session5', 'session3', 'session1']);
      expect(await keys('owner:2')).to.deep.equal(['session2']);
      expect(await keys('owner:')).to.deep.equal([]);
      const [first] = await ledger.list('owner:1', 1, undefined);
      expect(first).to.deep.include({ key: 'session5', head: await head('session5') });
      expect(await keys('owner:1', 1, first)).to.deep.equal(['session3']);
    });

    it('may tell whom else a shelf lists where a session is not there, as the list does, and not where it is', async () => {
      const heads = async (shelf: string) => (await ledger.list(shelf, 2, undefined)).map(({ head }) => head);
      const told = async (session: string, shelf: string) => {
        const seen = await ledger.load(session, { elsewhere: shelf });
        return { isThere: seen.head !== undefined, elsewhere: seen.elsewhere ?? (await heads(shelf)) };
      };
      for (const [session, shelf] of [
        ['ada/one', 'id/one'],
        ['bob/one', 'id/one'],
        ['eve/one', 'id/one'],
        ['ada/two', 'id/two'],
      ] as const)
        await make(accepting(`run-of-${session}`, 'queue', session), { session, shelves: [shelf] });
      expect(await heads('id/one')).to.have.length(2);
      expect(await told('one', 'id/one')).to.deep.equal({ isThere: false, elsewhere: await heads('id/one') });
      expect(await told('two', 'id/two')).to.deep.equal({ isThere: false, elsewhere: [await head('ada/two')] });
      expect(await told('three', 'id/three')).to.deep.equal({ isThere: false, elsewhere: [] });
      await make(accepting('run1', 'queue', 'two'), { session: 'two' });
      const seen = await ledger.load('two', { elsewhere: 'id/two' });
      expect(seen.head).to.deep.equal(await head('two'));
      expect(seen.elsewhere).to.equal(undefined);
    });

    it('gives the heads of the sessions that are there', async () => {
      for (const id of [1, 2]) await make(accepting(`run${id}`, 'queue', `session${id}`), { session: `session${id}` });
      const heads = await ledger.heads(['session1', 'none', 'session2']);
      expect([...heads].toSorted()).to.deep.equal([
        ['session1', await head('session1')],
        ['session2', await head('session2')],
      ]);
      expect(await ledger.heads([])).to.deep.equal(new Map());
    });

    it('takes a key as it is, and keeps apart what looks alike', async () => {
      const strange = [
        '{a}',
        '{a}:b',
        'a:b',
        'a:b:',
        'a b',
        'a%b',
        'a_b',
        'A:B',
        "'; --",
        '"\\',
        '*',
        '__proto__',
        '~',
      ];
      const keys = [...strange, 'x'.repeat(512), sessionKeyOf({ sessionId: 'a' })];
      for (const [index, session] of keys.entries()) {
        await make(accepting(`run-${index}`, 'queue', session), { session, key: 'key' });
        await store.journal.append(aLease(`run-${index}`, { sessionId: session }), chunks([`${index}`]), NEVER);
      }
      for (const [index, session] of keys.entries()) {
        const { head: found, keyed } = await ledger.load(session, { key: 'key' });
        expect(found).to.deep.include({ id: session, messageCount: 1 });
        expect(keyed?.birth.id).to.equal(`run-${index}`);
        expect(await ledger.sessionOf(`run-${index}`)).to.equal(session);
      }
      expect((await ledger.list('', 99, undefined)).map(({ key }) => key)).to.have.members(keys);
    });
  });
}
