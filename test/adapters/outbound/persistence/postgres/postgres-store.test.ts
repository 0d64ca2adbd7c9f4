import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { describeRandomSteps } from '../../../../contracts/random-steps.contract.js';
import { describeRunAudience } from '../../../../contracts/run-audience.contract.js';
import { describeRunJournal } from '../../../../contracts/run-journal.contract.js';
import { describeRunLeases } from '../../../../contracts/run-leases.contract.js';
import { describeRunRepository } from '../../../../contracts/run-repository.contract.js';
import { describeSessionKeeping } from '../../../../contracts/session-keeping.contract.js';
import { describeSessionLedger } from '../../../../contracts/session-ledger.contract.js';
import { describeSessionRepository } from '../../../../contracts/session-repository.contract.js';
import { describeSessionSize } from '../../../../contracts/session-size.contract.js';
import { describeTakeover } from '../../../../contracts/takeover.contract.js';
import { describeWaitingTurns } from '../../../../contracts/waiting-turn.contract.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { StoreProcesses } from './store-processes.js';

describe('postgres store', () => {
  const opened: StoreProcesses[] = [];

  async function open(leaseMilliseconds = 15_000): Promise<Store> {
    const processes = new StoreProcesses((await PostgresServer.shared()).url);
    opened.push(processes);
    return processes.open({ leaseMilliseconds });
  }

  afterEach(async () => {
    for (const processes of opened.splice(0)) await processes.close();
  });

  describeSessionLedger('PostgresLedger', open);
  describeSessionRepository('PostgresSessionRepository', open);
  describeSessionSize('PostgresSessionRepository', open);
  describeWaitingTurns('postgres store', open);
  describeRunRepository('PostgresRunRepository', open);
  describeRunJournal('PostgresRunJournal', open);
  describeRunAudience('PostgresRunAudience', open);
  describeRunLeases('PostgresRunLeases', open);
  describeRandomSteps('postgres store', open);
  describeTakeover('postgres store', async (leaseMilliseconds) => {
    const processes = new StoreProcesses((await PostgresServer.shared()).url);
    opened.push(processes);
    return [await processes.open({ leaseMilliseconds }), await processes.open({ leaseMilliseconds })];
  });
  describeSessionKeeping('postgres store', async (ttlSeconds) => {
    const processes = new StoreProcesses((await PostgresServer.shared()).url);
    opened.push(processes);
    const store = await processes.open({ settings: { SESSION_TTL_S: `${ttlSeconds}` } });
    return { store, age: (seconds) => processes.age(`${seconds} seconds`) };
  });
});
