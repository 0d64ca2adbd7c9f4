import { expect } from 'chai';
import { memoryStore } from '../../../src/adapters/outbound/persistence/memory/memory-store.js';
import { LedgerRunLeases } from '../../../src/application/ledger/ledger-run-leases.js';
import { SessionSteps } from '../../../src/application/ledger/session-steps.js';
import type { SessionLedger } from '../../../src/application/ports/session-ledger.js';
import { StoreUnavailable } from '../../../src/domain/errors.js';
import { aTurn, errorOf, NEW_YEAR } from '../../support/builders.js';
import { FixedClock } from '../../support/fixed-clock.js';
import { MemoryLogger } from '../../support/memory-logger.js';

describe('LedgerRunLeases', () => {
  /** Two runs that nobody writes, over a ledger that goes away at the commits of these sessions. */
  async function leasesAwayAt(away: readonly string[]): Promise<LedgerRunLeases> {
    const dependencies = { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 0 };
    const { sessions, ledger: whole } = await memoryStore.open({}, dependencies);
    if (whole === undefined) throw new Error('this store has no ledger');
    for (const id of ['1', '2']) await sessions.accept(aTurn({ runId: `run${id}`, sessionId: `session${id}` }));
    const commit: SessionLedger['commit'] = async (key, step, wanted) => {
      if (away.includes(key)) throw new StoreUnavailable();
      return whole.commit(key, step, wanted);
    };
    const ledger: SessionLedger = Object.assign(Object.create(whole), { commit });
    const writer = 'me';
    const ownRuns = { begins: () => {}, asked: () => {} };
    let count = 0;
    const newRevision = () => `revision${++count}`;
    const steps = new SessionSteps({
      ledger,
      writer,
      newRevision,
      leaseMilliseconds: 15_000,
      ownRuns,
      observer: { stepRetried: () => {}, callSettled: () => {} },
    });
    const now = () => NEW_YEAR;
    return new LedgerRunLeases({ ledger, steps, writer, leaseMilliseconds: 15_000, now, writesNoMore: () => {} });
  }

  it('gives what it has claimed though the store went away meanwhile, for nobody else will write that', async () => {
    const claimed = await (await leasesAwayAt(['session1'])).claimOrphans(10);
    expect(claimed.map(({ id, epoch }) => [id, epoch])).to.deep.equal([['run2', 2]]);
  });

  it('fails where the store went away before anything was claimed', async () => {
    const leases = await leasesAwayAt(['session1', 'session2']);
    expect(await errorOf(leases.claimOrphans(10))).to.be.instanceOf(StoreUnavailable);
  });
});
