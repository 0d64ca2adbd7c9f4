import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { RunNotFound } from '../../src/domain/errors.js';
import { SessionFull } from '../../src/domain/size-limits.js';
import {
  aLease,
  anAttempt,
  aReply,
  aTurn,
  chunks,
  errorOf,
  NEVER,
  NEW_YEAR,
  type TurnFields,
} from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';

/** What every SessionRepository promises of the size of a session. `open` gives an empty store. */
export function describeSessionSize(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a SessionRepository of sessions that may be full`, () => {
    const LIMIT = 100;
    let store: Store;

    beforeEach(async () => {
      store = await open();
    });

    afterEach(async () => {
      await store.close();
    });

    const say = (runId: string, bytes: number, fields: TurnFields = {}) =>
      store.sessions.accept(aTurn({ runId, content: 'x'.repeat(bytes), maxSessionBytes: LIMIT, ...fields }));

    async function answer(runId: string, text: string): Promise<void> {
      await store.runs.beginAttempt(aLease(runId), anAttempt());
      await store.journal.append(aLease(runId), chunks([text]), NEVER);
      await store.runs.end(aLease(runId), aReply(text, 1));
    }

    it('takes messages up to its limit in bytes, answers counted, and stores nothing of one that goes beyond', async () => {
      await say('run1', 40);
      await answer('run1', 'ä'.repeat(15));
      expect(await errorOf(say('run2', 31))).to.be.instanceOf(SessionFull);
      expect(await messagesIn(store.sessions, 'session1')).to.have.length(2);
      expect(await errorOf(store.runs.find('run2'))).to.be.instanceOf(RunNotFound);
      await say('run3', 30);
      await answer('run3', 'beyond');
      expect(await errorOf(say('run4', 1))).to.be.instanceOf(SessionFull);
    });

    it('counts what waits', async () => {
      await say('run1', 50);
      await say('run2', 30, { onBusy: 'queue' });
      expect(await errorOf(say('run3', 21, { onBusy: 'queue' }))).to.be.instanceOf(SessionFull);
      await answer('run1', '');
      await say('run3', 20, { onBusy: 'queue' });
    });

    it('has the room of a message that was to take turns back and was stopped before, for then it was never said', async () => {
      await say('run1', 50);
      await say('run2', 30, { onBusy: 'queue' });
      await say('taking', 20, { onBusy: 'queue', replaces: 'run1' });
      await store.runs.askToStop('taking', 'cancelled', NEW_YEAR);
      expect(await errorOf(say('run3', 21, { onBusy: 'queue' }))).to.be.instanceOf(SessionFull);
      await say('run3', 20, { onBusy: 'queue' });
    });

    it('has room again for what is taken back, with what waits behind it', async () => {
      await say('run1', 30);
      await answer('run1', 'a'.repeat(10));
      await say('run2', 60);
      await answer('run2', 'b'.repeat(20));
      expect(await errorOf(say('large', 61, { replaces: 'run2' }))).to.be.instanceOf(SessionFull);
      await say('again', 50, { replaces: 'run2' });
      await say('waiting', 10, { onBusy: 'queue' });
      expect(await errorOf(say('more', 1, { onBusy: 'queue' }))).to.be.instanceOf(SessionFull);
      await answer('again', '');
      await say('first', 85, { onBusy: 'queue', replaces: 'run1' });
      await answer('waiting', 'c');
      await answer('first', 'd');
      expect(await errorOf(say('last', 15))).to.be.instanceOf(SessionFull);
      await say('last', 14);
    });

    it('has room for the content that is asked again, and only then', async () => {
      await say('run1', 90);
      await answer('run1', 'a'.repeat(50));
      await store.sessions.accept(aTurn({ runId: 'again', replaces: 'run1', maxSessionBytes: 90 }));
      await answer('again', 'b');
      const smaller = aTurn({ runId: 'smaller', replaces: 'again', maxSessionBytes: 89 });
      expect(await errorOf(store.sessions.accept(smaller))).to.be.instanceOf(SessionFull);
    });

    it('repeats a message that was accepted, however full it is since', async () => {
      const key = 'key1';
      await say('run1', 90, { key });
      await answer('run1', 'a'.repeat(50));
      expect(await say('run2', 90, { key })).to.deep.include({ replayed: true });
    });

    it('is empty when it was deleted', async () => {
      await say('run1', 100);
      await store.sessions.delete('session1', NEW_YEAR);
      await say('run2', 100);
    });
  });
}
