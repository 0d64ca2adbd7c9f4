import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { aTurn } from '../support/builders.js';

/** What every RunAudience promises. `open` gives an empty store. */
export function describeRunAudience(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a RunAudience`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
      for (const index of [1, 2]) await store.sessions.accept(aTurn({ runId: `run${index}`, sessionId: `s${index}` }));
    });

    afterEach(async () => {
      await store.close();
    });

    it('tells which runs nobody reads', async () => {
      expect(await store.audience.deserted(['run1', 'run2'])).to.deep.equal(['run1', 'run2']);
      await store.audience.attend('run1');
      await store.audience.attend('run1');
      expect(await store.audience.deserted(['run1', 'run2'])).to.deep.equal(['run2']);
      await store.audience.leave('run1');
      expect(await store.audience.deserted(['run1', 'run2'])).to.deep.equal(['run1', 'run2']);
      expect(await store.audience.deserted([])).to.deep.equal([]);
    });

    it('tells the last one to leave that nobody else reads', async () => {
      await store.audience.attend('run1');
      expect(await store.audience.leave('run1')).to.equal(false);
      expect(await store.audience.leave('run1')).to.equal(false);
    });
  });
}
