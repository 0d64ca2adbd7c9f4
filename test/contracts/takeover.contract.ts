import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { JournalGap, LeaseLost, RunEnded, RunNotFound } from '../../src/domain/errors.js';
import type { Run } from '../../src/domain/run.js';
import type { RunEvent } from '../../src/domain/run-event.js';
import { aLease, anAttempt, aReply, aTurn, chunks, collect, errorOf, NEVER, NEW_YEAR } from '../support/builders.js';
import { eventsOf } from '../support/pulled.js';
import { within } from '../support/within.js';

const LEASE = 50;
/** Told at once, or found by looking now and then. */
const TOLD = 1500;
const FOUND = 6000;

/** What the former writer tries, with the lease that it had. */
const WRITES: Readonly<Record<string, (store: Store) => Promise<unknown> | undefined>> = {
  beginAttempt: ({ runs }) => runs.beginAttempt(aLease(), anAttempt()),
  append: ({ journal }) => journal.append(aLease(), chunks(['late']), NEVER),
  end: ({ runs }) => runs.end(aLease(), aReply('late', 1)),
};

/** What becomes of the run meanwhile, and how the former writer is refused then. */
const FATES = [
  ['another process has taken it', LeaseLost, async () => {}],
  ['another process has ended it', RunEnded, async (there: Store, run: Run) => void (await endOf(there, run))],
  [
    'its session was deleted',
    RunNotFound,
    async (there: Store) => {
      await there.sessions.delete('session1', NEW_YEAR);
    },
  ],
] as const;

async function endOf(store: Store, run: Run): Promise<void> {
  await store.journal.append(run, chunks(['theirs']), NEVER);
  await store.runs.end(run, aReply('theirs', 1));
}

function endingOf(events: readonly RunEvent[]): RunEvent['type'] | undefined {
  return events.at(-1)?.type;
}

/** What every store promises that several processes share: whoever reads a run where it was written comes to its
 *  ending, whoever wrote that, and whatever the former writer was told. `open` gives two processes on one empty
 *  store. */
export function describeTakeover(name: string, open: (leaseMilliseconds: number) => Promise<[Store, Store]>): void {
  describe(`${name}, when another process takes a run`, function () {
    this.timeout(60_000);
    let here: Store;
    let there: Store;
    let reading: Promise<RunEvent[]>;

    beforeEach(async () => {
      [here, there] = await open(LEASE);
      await here.sessions.accept(aTurn());
      reading = readHere();
    });

    afterEach(async () => {
      await Promise.all([here.close(), there.close()]);
    });

    function readHere(): Promise<RunEvent[]> {
      return collect(eventsOf(here.journal, 'run1', 0, NEVER));
    }

    async function takeOver(): Promise<Run> {
      for (;;) {
        await delay(LEASE + 10);
        const [run] = await there.leases.claimOrphans(1);
        if (run !== undefined) return run;
      }
    }

    it('lets a message that is given again to the former writer only read its run, which has another writer now', async () => {
      const run = await takeOver();
      expect(await here.sessions.accept(aTurn())).to.deep.equal({ run, replayed: true });
      here.leases.letGo(aLease());
      await endOf(there, run);
      expect(endingOf(await within(TOLD, reading))).to.equal('run-end');
    });

    for (const [write, act] of Object.entries(WRITES)) {
      for (const [fate, refusal, befall] of FATES) {
        it(`gives readers of the former writer the ending after ${write} was refused because ${fate}`, async () => {
          const run = await takeOver();
          await befall(there, run);
          expect(await errorOf(act(here))).to.be.instanceOf(refusal);
          if (refusal === LeaseLost) await endOf(there, run);
          expect(endingOf(await within(TOLD, reading))).to.equal('run-end');
        });
      }
    }

    for (const [write, act] of [
      ['append', (store: Store) => store.journal.append(aLease(), chunks(['late'], 5), NEVER)],
      ['end', (store: Store) => store.runs.end(aLease(), aReply('lost', 4))],
    ] as const) {
      it(`gives readers of the former writer the ending after ${write} was refused because of a gap`, async () => {
        expect(await errorOf(act(here))).to.be.instanceOf(JournalGap);
        here.leases.letGo(aLease());
        await endOf(there, await takeOver());
        expect(endingOf(await within(TOLD, reading))).to.equal('run-end');
      });
    }

    it('gives readers of the former writer the ending after it was told that its lease is lost', async () => {
      const run = await takeOver();
      expect(await here.leases.renew([aLease()])).to.deep.equal([aLease()]);
      await endOf(there, run);
      expect(endingOf(await within(TOLD, reading))).to.equal('run-end');
    });

    it('gives readers of a writer that let its run go the ending', async () => {
      here.leases.letGo(aLease());
      await endOf(there, await takeOver());
      expect(endingOf(await within(TOLD, reading))).to.equal('run-end');
    });

    it('gives readers of a writer that never heard of it the ending, also those that come later', async () => {
      await endOf(there, await takeOver());
      const late = readHere();
      for (const events of await within(FOUND, Promise.all([reading, late])))
        expect(endingOf(events)).to.equal('run-end');
    });
  });
}
