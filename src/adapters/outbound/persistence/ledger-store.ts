import { randomUUID } from 'node:crypto';
import { LedgerRunLeases } from '../../../application/ledger/ledger-run-leases.js';
import { LedgerRunRepository } from '../../../application/ledger/ledger-run-repository.js';
import { LedgerSessionRepository } from '../../../application/ledger/ledger-session-repository.js';
import { SessionSteps } from '../../../application/ledger/session-steps.js';
import type { StepObserver } from '../../../application/ledger/step-observer.js';
import type { RunJournal } from '../../../application/ports/run-journal.js';
import type { SessionLedger } from '../../../application/ports/session-ledger.js';
import type { StopWatch } from './stop-watch.js';
import type { Store, StoreDependencies } from './store.js';

export interface LedgerParts extends Pick<Store, 'audience' | 'outlivesProcess' | 'ready' | 'close'> {
  readonly ledger: SessionLedger;
  readonly journal: RunJournal;
  /** The name of this process, which no other one ever has. */
  readonly writer: string;
  readonly stops: StopWatch;
  /** Tells the feed which runs this process writes, in stores whose feed needs to know. */
  readonly feed?: { begins(runId: string): void; writesNoMore(runId: string): void };
}

/** Makes the ports of a store from its ledger and its journal. The rules come from the domain, the same for every
 *  store. */
export function storeOver(parts: LedgerParts, { leaseMilliseconds, observer = UNWATCHED }: StoreDependencies): Store {
  const { ledger, journal, audience, outlivesProcess, writer, stops, feed } = parts;
  const begins = (runId: string): void => feed?.begins(runId);
  const steps = new SessionSteps({
    ledger,
    writer,
    newRevision: () => randomUUID(),
    leaseMilliseconds,
    ownRuns: { begins, asked: (runId) => stops.asked(runId) },
    observer,
  });
  const writesNoMore = (runId: string): void => feed?.writesNoMore(runId);
  return {
    sessions: new LedgerSessionRepository(ledger, steps, writer),
    runs: new LedgerRunRepository({ ledger, steps, writer, stops, writesNoMore }),
    journal,
    leases: new LedgerRunLeases({ ledger, steps, writer, leaseMilliseconds, now: () => new Date(), writesNoMore }),
    audience,
    ledger,
    outlivesProcess,
    ready: () => parts.ready(),
    async close() {
      stops.close();
      await parts.close();
    },
  };
}

const UNWATCHED: StepObserver = { stepRetried: () => {}, callSettled: () => {} };
