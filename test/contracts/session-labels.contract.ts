import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import { SessionNotFound } from '../../src/domain/errors.js';
import { fenceIn, type SessionHead } from '../../src/domain/session-head.js';
import { TooMuchMetadata } from '../../src/domain/session-labels.js';
import { aLease, anAttempt, aReply, aTurn, errorOf, NEW_YEAR, type TurnFields } from '../support/builders.js';

const USAGE = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** What every SessionRepository promises of what a session shows, and of what is written on it. `open` gives an empty
 *  store. */
export function describeSessionLabels(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a SessionRepository of sessions that a list shows`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
    });

    afterEach(() => store.close());

    const say = (runId: string, content: string, fields: TurnFields = {}) =>
      store.sessions.accept(aTurn({ runId, content, ...fields }));
    const end = (runId: string, text: string, fields: Parameters<typeof aReply>[2] = {}) =>
      store.runs.end(aLease(runId), aReply(text, 0, { usage: USAGE, ...fields }));

    async function shown(): Promise<{ title: string; preview: string }> {
      const { title, preview, ...rest } = await store.sessions.find('session1');
      const [listed] = await store.sessions.list(9, undefined);
      expect(listed, 'the list shows the same').to.deep.equal({ title, preview, ...rest });
      return { title, preview };
    }

    it('shows the first line of its first message, and how its last one begins', async () => {
      await say('run1', '\n  Hello \nthere');
      expect(await shown()).to.deep.equal({ title: 'Hello', preview: '\n  Hello \nthere' });
      await end('run1', 'x'.repeat(500));
      expect(await shown()).to.deep.equal({ title: 'Hello', preview: 'x'.repeat(120) });
      await say('run2', 'More');
      expect(await shown()).to.deep.equal({ title: 'Hello', preview: 'More' });
      await end('run2', '', { finishReason: 'cancelled' });
      expect(await shown()).to.deep.equal({ title: 'Hello', preview: 'More' });
    });

    it('shows the last message that waits, also when it is stopped, until what stands behind it', async () => {
      await say('run1', 'first');
      await say('run2', 'second', { onBusy: 'queue' });
      await say('run3', 'third', { onBusy: 'queue' });
      await say('run4', 'urgent', { onBusy: 'interrupt' });
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'third' });
      await store.runs.askToStop('run3', 'cancelled', NEW_YEAR);
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'third' });
      for (const runId of ['run1', 'run4', 'run2']) await end(runId, `answer of ${runId}`);
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'third' });
    });

    it('shows the history as it stands, where turns are taken back', async () => {
      await say('run1', 'first');
      await end('run1', 'one');
      await say('run2', 'second');
      await end('run2', 'two');
      await say('again', 'other', { replaces: 'run2' });
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'other' });
      await say('anew', 'from the start', { replaces: 'run1', onBusy: 'queue' });
      await say('never', 'never said', { replaces: 'run1', onBusy: 'queue' });
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'never said' });
      await store.runs.askToStop('never', 'cancelled', NEW_YEAR);
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'from the start' });
      await end('again', 'three');
      expect(await shown()).to.deep.equal({ title: 'from the start', preview: 'from the start' });
      await end('anew', 'four');
      await say('same', '', { replaces: 'anew' });
      expect(await shown()).to.deep.include({ title: '' });
    });

    it('asks again with the title of what is asked again', async () => {
      await say('run1', 'first');
      await end('run1', 'one');
      await store.sessions.accept(aTurn({ runId: 'again', replaces: 'run1' }));
      expect(await shown()).to.deep.equal({ title: 'first', preview: 'first' });
    });

    it('sums up what all its runs used, with those that were taken back', async () => {
      await say('run1', 'first');
      expect((await store.sessions.find('session1')).usage).to.deep.equal({
        inputTokens: 0,
        outputTokens: 0,
        totalTokens: 0,
      });
      await end('run1', 'one');
      await say('run2', 'second', { replaces: 'run1' });
      await end('run2', '', { usage: undefined, finishReason: 'interrupted' });
      await say('run3', 'third');
      await end('run3', 'three');
      const { usage } = await store.sessions.find('session1');
      expect(usage).to.deep.equal({ inputTokens: 6, outputTokens: 4, totalTokens: 10 });
    });

    it('shows the same of a session that an older version kept, and keeps it with the next message', async () => {
      await say('run1', 'first');
      await end('run1', 'one');
      await say('run2', 'second', { replaces: 'run1' });
      await end('run2', 'two');
      const before = await store.sessions.find('session1');
      await keptByAnOlderVersion();
      expect(await store.sessions.find('session1')).to.deep.equal(before);
      expect(await store.sessions.list(9, undefined)).to.deep.equal([before]);
      await say('run3', 'third');
      await end('run3', 'three', { usage: undefined });
      expect(await shown()).to.deep.equal({ title: 'second', preview: 'three' });
      expect(await store.sessions.find('session1')).to.deep.include({ usage: before.usage });
    });

    /** The head as it was before it told what its history shows. */
    async function keptByAnOlderVersion(): Promise<void> {
      const key = sessionKeyOf({ sessionId: 'session1' });
      const { head, revision } = await store.ledger.load(key, {});
      if (head?.size === undefined) throw new Error('There is no session');
      const { outline: _, ...size } = head.size;
      const former: SessionHead = { ...head, size };
      const { done } = await store.ledger.commit(key, { ...stepTo(former), seen: revision }, {});
      expect(done).to.equal(true);
    }

    it('writes on a session what is given, and leaves the rest', async () => {
      await say('run1', 'Hello');
      const before = await store.sessions.find('session1');
      const named = await store.sessions.label('session1', { title: 'Tea', metadata: { pinned: true, order: 1.5 } });
      const metadata = { pinned: true, order: 1.5 };
      expect(named).to.deep.equal({ ...before, title: 'Tea', isTitled: true, metadata });
      expect(await store.sessions.find('session1')).to.deep.equal(named);
      const less = await store.sessions.label('session1', { metadata: { pinned: null, color: 'red', none: null } });
      expect(less.metadata).to.deep.equal({ order: 1.5, color: 'red' });
      expect(await store.sessions.label('session1', {})).to.deep.equal(less);
      expect(await store.sessions.list(9, undefined)).to.deep.equal([less]);
      await end('run1', 'one');
      expect(await store.sessions.find('session1')).to.deep.include({ title: 'Tea', metadata: less.metadata });
    });

    it('has no name that means more than itself', async () => {
      await say('run1', 'Hello');
      const hostile = JSON.parse('{"__proto__":"a","constructor":"b","toString":1,"hasOwnProperty":true}');
      const { metadata } = await store.sessions.label('session1', { metadata: hostile });
      expect(JSON.stringify(metadata)).to.equal(JSON.stringify(hostile));
      expect(JSON.stringify((await store.sessions.find('session1')).metadata)).to.equal(JSON.stringify(hostile));
      const gone = JSON.parse('{"__proto__":null,"constructor":null,"toString":null,"hasOwnProperty":null}');
      expect(Object.keys((await store.sessions.label('session1', { metadata: gone })).metadata)).to.deep.equal([]);
    });

    it('takes as much as there is room for, and else nothing at all', async () => {
      await say('run1', 'Hello');
      const many = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`key${index}`, index]));
      await store.sessions.label('session1', { metadata: many });
      const full = await store.sessions.find('session1');
      const tooMuch: Record<string, string | number>[] = [{ more: 1 }, { key1: 'x'.repeat(8192) }];
      for (const metadata of tooMuch)
        expect(await errorOf(store.sessions.label('session1', { title: 'No', metadata }))).to.be.instanceOf(
          TooMuchMetadata,
        );
      expect(await store.sessions.find('session1')).to.deep.equal(full);
      await store.sessions.label('session1', { metadata: { key1: null, more: 1 } });
    });

    it('writes on no session that there is not', async () => {
      expect(await errorOf(store.sessions.label('session1', { title: 'Tea' }))).to.be.instanceOf(SessionNotFound);
    });

    it('loses nothing while messages come and answers end', async () => {
      await say('run0', 'Hello');
      const labelling = Array.from({ length: 24 }, (_, index) =>
        store.sessions.label('session1', { title: 'Tea', metadata: { [`key${index}`]: index } }),
      );
      const talking = (async () => {
        for (let index = 0; index < 6; index += 1) {
          await store.runs.beginAttempt(aLease(`run${index}`), anAttempt());
          await end(`run${index}`, `answer ${index}`);
          await say(`run${index + 1}`, `message ${index + 1}`);
        }
      })();
      await Promise.all([...labelling, talking]);
      const session = await store.sessions.find('session1');
      expect(Object.keys(session.metadata)).to.have.length(24);
      expect(session).to.include({ title: 'Tea', messageCount: 13, preview: 'message 6', activeRunId: 'run6' });
      await end('run6', 'done');
      expect(await shown()).to.deep.equal({ title: 'Tea', preview: 'done' });
    });
  });
}

function stepTo(head: SessionHead) {
  return {
    head,
    revision: 'of-an-older-version',
    fence: fenceIn(head),
    dueIn: 'never',
    isIdle: true,
    onlyIfDue: false,
    key: undefined,
    shelves: [],
  } as const;
}
