import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { describeBroughtSessions } from '../../../../contracts/brought-session.contract.js';
import { describeLongSession } from '../../../../contracts/long-session.contract.js';
import { describeRandomSteps } from '../../../../contracts/random-steps.contract.js';
import { describeRecentSessions } from '../../../../contracts/recent-sessions.contract.js';
import { describeRunAudience } from '../../../../contracts/run-audience.contract.js';
import { describeRunJournal } from '../../../../contracts/run-journal.contract.js';
import { describeRunLeases } from '../../../../contracts/run-leases.contract.js';
import { describeRunRepository } from '../../../../contracts/run-repository.contract.js';
import { type AgingStore, describeSessionKeeping } from '../../../../contracts/session-keeping.contract.js';
import { describeSessionLabels } from '../../../../contracts/session-labels.contract.js';
import { describeSessionLedger } from '../../../../contracts/session-ledger.contract.js';
import { describeSessionOwners } from '../../../../contracts/session-owners.contract.js';
import { describeSessionRepository } from '../../../../contracts/session-repository.contract.js';
import { describeSessionSize } from '../../../../contracts/session-size.contract.js';
import { describeTakeover } from '../../../../contracts/takeover.contract.js';
import { describeUnlistedSessions } from '../../../../contracts/unlisted-sessions.contract.js';
import { describeWaitingTurns } from '../../../../contracts/waiting-turn.contract.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { RedisStores } from './redis-stores.js';

describe('redis store', () => {
  async function open(leaseMilliseconds = 15_000): Promise<Store> {
    const { url } = await RedisServer.shared();
    return new RedisStores(url).open({ leaseMilliseconds });
  }

  describeSessionRepository('RedisSessionRepository', () => open());
  describeSessionSize('RedisSessionRepository', () => open());
  describeUnlistedSessions('redis store', () => open());
  describeSessionLabels('RedisSessionRepository', () => open());
  describeBroughtSessions('redis store', () => open());
  describeSessionOwners('redis store', () => open());
  describeRecentSessions('redis store', () => open());
  describeWaitingTurns('redis store', () => open());
  describeRunRepository('RedisRunRepository', () => open());
  describeRunJournal('RedisRunJournal', () => open());
  describeRunLeases('RedisRunLeases', open);
  describeTakeover('redis store', async (leaseMilliseconds) => {
    const stores = new RedisStores((await RedisServer.shared()).url);
    return [await stores.open({ leaseMilliseconds }), await stores.open({ leaseMilliseconds })];
  });
  describeRunAudience('RedisRunAudience', () => open());
  describeSessionLedger('RedisLedger', () => open());
  describeLongSession('redis store', () => open());
  describeRandomSteps('redis store', () => open());
  describeSessionKeeping('redis store', async (ttlSeconds) => {
    const { url } = await RedisServer.shared();
    return aging(new RedisStores(url), { SESSION_TTL_S: `${ttlSeconds}` });
  });
});

describe('redis store on a cluster, which refuses what spans two slots', () => {
  let server: RedisServer;

  before(async () => {
    server = await RedisServer.startCluster();
  });

  after(() => server.close());

  function open(leaseMilliseconds = 15_000): Promise<Store> {
    return new RedisStores(server.url).open({ leaseMilliseconds, settings: { REDIS_CLUSTER: 'true' } });
  }

  describeSessionRepository('RedisSessionRepository', () => open());
  describeUnlistedSessions('redis store', () => open());
  describeSessionOwners('redis store', () => open());
  describeRecentSessions('redis store', () => open());
  describeWaitingTurns('redis store', () => open());
  describeRunRepository('RedisRunRepository', () => open());
  describeRunJournal('RedisRunJournal', () => open());
  describeRunLeases('RedisRunLeases', open);
  describeTakeover('redis store', async (leaseMilliseconds) => {
    const stores = new RedisStores(server.url);
    const options = { leaseMilliseconds, settings: { REDIS_CLUSTER: 'true' } };
    return [await stores.open(options), await stores.open(options)];
  });
  describeRunAudience('RedisRunAudience', () => open());
  describeSessionLedger('RedisLedger', () => open());
  describeSessionKeeping('redis store', (ttlSeconds) =>
    aging(new RedisStores(server.url), { REDIS_CLUSTER: 'true', SESSION_TTL_S: `${ttlSeconds}` }),
  );
});

/** The server forgets by itself, so what ages is the time that each key has left. */
async function aging(stores: RedisStores, settings: Record<string, string>): Promise<AgingStore> {
  const store = await stores.open({ settings });
  const redis = stores.client();
  const age = async (seconds: number): Promise<void> => {
    for (const key of await redis.keys(`${stores.prefix}:*`)) {
      const left = await redis.pttl(key);
      if (left >= 0) await redis.pexpire(key, left - seconds * 1000);
    }
  };
  return { store: { ...store, close: () => stores.close() }, age };
}
