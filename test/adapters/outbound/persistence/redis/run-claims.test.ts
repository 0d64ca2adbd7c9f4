import { setImmediate as aMoment } from 'node:timers/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { anEndedRun, aWholeSession } from '../../../../support/whole-sessions.js';
import { RedisStores } from './redis-stores.js';

describe('redis store, bringing sessions', () => {
  let stores: RedisStores;
  let store: Store;
  let redis: Redis;

  beforeEach(async () => {
    stores = new RedisStores((await RedisServer.shared()).url);
    store = await stores.open();
    redis = stores.client();
  });
  afterEach(() => stores.close());

  const whole = aWholeSession([anEndedRun('run1', 'Yes'), anEndedRun('run2', 'No')]);
  const claimOf = (runId: string) => `${stores.prefix}:claim:${runId}`;
  const claimed = () => redis.keys(`${stores.prefix}:claim:*`);

  /** As another process has it that is bringing these runs, or was killed amid that. */
  async function claimedBy(name: string, isAlive: boolean, runIds: readonly string[]): Promise<void> {
    if (isAlive) await redis.set(`${stores.prefix}:bringing:${name}`, 1);
    for (const runId of runIds) await redis.set(claimOf(runId), name);
  }

  /** Looks until it is so. */
  async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await aMoment();
  }

  it('waits for nobody who brings other runs, and leaves no claim behind', async () => {
    await claimedBy('other', true, ['run3']);
    expect((await store.sessions.bring(whole)).messageCount).to.equal(4);
    expect(await claimed()).to.deep.equal([claimOf('run3')]);
  });

  it('does not wait for a process that was killed while it brought the same runs', async () => {
    await claimedBy('killed', false, ['run1', 'run2']);
    expect((await store.sessions.bring(whole)).messageCount).to.equal(4);
    expect(await claimed()).to.deep.equal([]);
  });

  it('waits while another one brings one of its runs, and holds none of the others meanwhile for long', async () => {
    await claimedBy('other', true, ['run2']);
    const bringing = store.sessions.bring(whole);
    await untilSo(async () => (await claimed()).includes(claimOf('run1')));
    await untilSo(async () => !(await claimed()).includes(claimOf('run1')));
    expect(await store.sessions.list(9, undefined)).to.deep.equal([]);
    await redis.del(claimOf('run2'));
    expect((await bringing).messageCount).to.equal(4);
  });
});
