import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { describeBroughtSessions } from '../../../../contracts/brought-session.contract.js';
import { describeLongSession } from '../../../../contracts/long-session.contract.js';
import { describeRandomSteps } from '../../../../contracts/random-steps.contract.js';
import { describeRecentSessions } from '../../../../contracts/recent-sessions.contract.js';
import { describeRunAudience } from '../../../../contracts/run-audience.contract.js';
import { describeRunJournal } from '../../../../contracts/run-journal.contract.js';
import { describeRunLeases } from '../../../../contracts/run-leases.contract.js';
import { describeRunRepository } from '../../../../contracts/run-repository.contract.js';
import { describeSessionKeeping } from '../../../../contracts/session-keeping.contract.js';
import { describeSessionLabels } from '../../../../contracts/session-labels.contract.js';
import { describeSessionLedger } from '../../../../contracts/session-ledger.contract.js';
import { describeSessionOwners } from '../../../../contracts/session-owners.contract.js';
import { describeSessionRepository } from '../../../../contracts/session-repository.contract.js';
import { describeSessionSize } from '../../../../contracts/session-size.contract.js';
import { describeTakeover } from '../../../../contracts/takeover.contract.js';
import { describeUnlistedSessions } from '../../../../contracts/unlisted-sessions.contract.js';
import { describeWaitingTurns } from '../../../../contracts/waiting-turn.contract.js';
import { aLease, aReply, aTurn } from '../../../../support/builders.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { StoreProcesses } from './store-processes.js';

describe('postgres store', () => {
  let processes: StoreProcesses;

  before(async () => {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
  });
  afterEach(() => processes.empty());
  after(() => processes.close());

  const open = (leaseMilliseconds = 15_000): Promise<Store> => processes.open({ leaseMilliseconds });

  describeSessionLedger('PostgresLedger', open);
  describeSessionRepository('PostgresSessionRepository', open);
  describeSessionSize('PostgresSessionRepository', open);
  describeUnlistedSessions('postgres store', open);
  describeSessionLabels('PostgresSessionRepository', open);
  describeBroughtSessions('postgres store', open);
  describeSessionOwners('postgres store', open);
  describeRecentSessions('postgres store', open);
  describeWaitingTurns('postgres store', open);
  describeRunRepository('PostgresRunRepository', open);
  describeRunJournal('PostgresRunJournal', open);
  describeRunAudience('PostgresRunAudience', open);
  describeRunLeases('PostgresRunLeases', open);
  describeRandomSteps('postgres store', async () => {
    await processes.empty();
    return open();
  });
  describeTakeover('postgres store', async (leaseMilliseconds) => [
    await open(leaseMilliseconds),
    await open(leaseMilliseconds),
  ]);
  describeSessionKeeping('postgres store', async (ttlSeconds) => {
    const store = await processes.open({ settings: { SESSION_TTL_S: `${ttlSeconds}` } });
    return { store, age: (seconds) => processes.age(`${seconds} seconds`) };
  });
});

describe('postgres store, filled before', () => {
  let processes: StoreProcesses;

  before(async () => {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
  });
  after(() => processes.close());

  /** One turn by the rules, and its rows again and again: step by step, it would take this server long. */
  async function fill(store: Store, sessionId: string, turns: number): Promise<void> {
    await store.sessions.accept(aTurn({ runId: 'run0', sessionId, content: 'question 0' }));
    await store.runs.end(aLease('run0', { sessionId }), aReply('answer 0'));
    const copies = [`${turns - 1}`];
    await processes.query(
      `insert into runs (id, session, position, birth, outcome, answer)
       select 'run' || copy, session, position + copy,
         replace(replace(birth::text, 'run0', 'run' || copy), 'question 0', 'question ' || copy)::json, outcome, 'answer ' || copy
       from runs, generate_series(1, $1::integer) as copy`,
      copies,
    );
    await processes.query(
      `update sessions set turns = turns + $1::integer, revision = 'filled',
         head = jsonb_set(head::jsonb, '{messageCount}', to_jsonb(2 * ($1::integer + 1)))::json`,
      copies,
    );
  }

  describeLongSession('postgres store', () => processes.open({}), fill);
});
