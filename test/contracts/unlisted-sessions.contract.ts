import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { aReply, aTurn, chunks, NEVER, type TurnFields } from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';

const TRANSCRIPT = { transcript: [{ role: 'user', content: 'Hello' }] };

/** What every store promises of a session that a client begins which keeps its own history. */
export function describeUnlistedSessions(name: string, open: () => Promise<Store>): void {
  describe(`${name}, with sessions that are not listed`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
    });

    afterEach(async () => {
      await store.close();
    });

    /** By a clock that runs: a store may measure with its own. */
    function accept(runId: string, sessionId: string, fields: TurnFields = {}) {
      return store.sessions.accept(aTurn({ runId, sessionId, at: new Date(), ...fields }));
    }

    async function listed(): Promise<readonly string[]> {
      return (await store.sessions.list(9, undefined)).map(({ id }) => id);
    }

    it('lists none whose first message has a transcript, be it empty, and every other one', async () => {
      await accept('run1', 'unlisted', { choice: TRANSCRIPT });
      await accept('run2', 'empty', { choice: { transcript: [] } });
      await accept('run3', 'listed');
      await accept('run4', 'chosen', { choice: { agent: 'coder' } });
      expect([...(await listed())].toSorted()).to.deep.equal(['chosen', 'listed']);
    });

    it('lists a session or not by its first message alone', async () => {
      await accept('run1', 'unlisted', { choice: TRANSCRIPT });
      await accept('run2', 'listed');
      await accept('run3', 'unlisted', { onBusy: 'queue' });
      await accept('run4', 'listed', { onBusy: 'queue', choice: TRANSCRIPT });
      expect(await listed()).to.deep.equal(['listed']);
    });

    it('lists it at no time of its life: while it is written, renewed, ended, and gone on with', async () => {
      const { run } = await accept('run1', 'unlisted', { choice: TRANSCRIPT });
      expect(await store.leases.renew([run])).to.deep.equal([]);
      expect(await listed()).to.deep.equal([]);
      await store.journal.append(run, chunks(['Hi']), NEVER);
      await store.runs.end(run, aReply('Hi', 1, { at: new Date() }));
      expect(await listed()).to.deep.equal([]);
      await accept('run2', 'unlisted', { onBusy: 'queue' });
      expect(await listed()).to.deep.equal([]);
    });

    it('keeps all else of it as of any other: it is found, read, stopped, and deleted', async () => {
      const { run } = await accept('run1', 'unlisted', { choice: TRANSCRIPT, key: 'key' });
      expect((await store.runs.find('run1')).request.choice).to.deep.equal(TRANSCRIPT);
      expect(await accept('again', 'unlisted', { choice: TRANSCRIPT, key: 'key' })).to.deep.include({ replayed: true });
      expect(await store.sessions.find('unlisted')).to.include({ status: 'running', activeRunId: 'run1' });
      expect((await store.runs.askToStop('run1', 'cancelled', new Date())).stopCause).to.equal('cancelled');
      await store.journal.append(run, chunks(['Hi']), NEVER);
      await store.runs.end(run, aReply('Hi', 1, { at: new Date() }));
      expect((await messagesIn(store.sessions, 'unlisted')).map(({ content }) => content)).to.deep.equal([
        'Hello',
        'Hi',
      ]);
      await store.sessions.delete('unlisted', new Date());
      await accept('run2', 'unlisted');
      expect(await listed()).to.deep.equal(['unlisted']);
    });
  });
}
