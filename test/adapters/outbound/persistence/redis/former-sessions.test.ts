import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { z } from 'zod';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { IdempotencyMismatch } from '../../../../../src/domain/errors.js';
import { aReply, aTurn, chunks, collect, errorOf, NEVER, NEW_YEAR, textOf } from '../../../../support/builders.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { RedisServer } from '../../../../support/redis-server.js';
import { RedisStores } from './redis-stores.js';

const DAY = 86_400_000;

const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('string'), value: z.string() }),
  z.object({ type: z.literal('hash'), value: z.record(z.string(), z.string()) }),
  z.object({ type: z.enum(['list', 'zset']), value: z.array(z.string()) }),
  z.object({ type: z.literal('stream'), value: z.array(z.tuple([z.string(), z.array(z.string())])) }),
]);
const fixture = z.object({ kept: z.record(z.string(), entry) });

/** Writes what the version before has kept under these stores' prefix. */
async function write(stores: RedisStores): Promise<void> {
  const redis = stores.client();
  const text = await readFile('test/fixtures/redis/before-the-ledger.json', 'utf8');
  const { kept } = fixture.parse(JSON.parse(text.replaceAll('PREFIX', stores.prefix)));
  for (const [name, { type, value }] of Object.entries(kept)) {
    const key = `${stores.prefix}:${name}`;
    if (type === 'string') await redis.set(key, value);
    else if (type === 'hash') await redis.hset(key, value);
    else if (type === 'list') await redis.rpush(key, ...value);
    else if (type === 'stream') for (const [id, fields] of value) await redis.xadd(key, id, ...fields);
    else for (let at = 0; at < value.length; at += 2) await redis.zadd(key, value[at + 1] ?? '0', value[at] ?? '');
    if (type !== 'zset') await redis.pexpire(key, DAY);
  }
}

for (const cluster of [false, true]) {
  describe(`redis store, with what the version before has kept${cluster ? ', on a cluster' : ''}`, () => {
    let server: { readonly url: string; close?(): Promise<void> };
    let stores: RedisStores;
    let store: Store;

    before(async () => {
      server = cluster ? await RedisServer.startCluster() : { url: (await RedisServer.shared()).url };
    });
    after(() => server.close?.());

    beforeEach(async () => {
      stores = new RedisStores(server.url);
      await write(stores);
      store = await stores.open({ settings: { REDIS_CLUSTER: `${cluster}` } });
    });
    afterEach(() => stores.close());

    const contentsOf = async (session: string) =>
      (await messagesIn(store.sessions, session)).map(({ content }) => content);

    it('lists the sessions, newest first, and finds each', async () => {
      const listed = await store.sessions.list(9, undefined);
      expect(listed.map(({ id }) => id)).to.deep.equal(['handed-over', 'busy', 'finished']);
      for (const session of listed) expect(await store.sessions.find(session.id)).to.deep.equal(session);
      expect(listed[1]).to.include({ activeRunId: 'b1', queuedRuns: 1, messageCount: 4 });
      expect(listed[2]).to.include({ activeRunId: undefined, queuedRuns: 0, messageCount: 5 });
    });

    it('finds runs by their ids, with all that is known of them', async () => {
      expect(await store.runs.find('f1')).to.deep.include({
        status: 'completed',
        attempts: 1,
        usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
        request: { content: 'Is "1 % 2" {odd}?', onBusy: undefined, onDisconnect: undefined },
      });
      expect(await store.runs.find('f2')).to.include({ status: 'cancelled', epoch: 0 });
      const error = { code: 'run_failed', message: 'It failed.', retryable: true };
      expect(await store.runs.find('f3')).to.deep.include({ status: 'failed', attempts: 2, error });
      expect(await store.runs.find('b1')).to.include({ status: 'running', epoch: 1, stopCause: 'cancelled' });
      expect(await store.runs.find('b2')).to.include({ status: 'cancelled' });
      expect(await store.runs.find('b3')).to.include({ status: 'queued' });
    });

    it('tells histories in their order', async () => {
      expect(await contentsOf('finished')).to.deep.equal(['Is "1 % 2" {odd}?', 'It is. ü', 'Hello', 'Hello', 'half']);
      expect(await contentsOf('busy')).to.deep.equal(['Hello', 'Hello', 'Hello', 'Third']);
    });

    it('reads journals before anything else is asked', async () => {
      const events = await collect(eventsOf(store.journal, 'f1', 0, NEVER));
      expect(textOf(events)).to.equal('It is. ü');
      expect(events.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
      expect(await store.journal.position('b1')).to.deep.equal({ last: 2, ended: false });
    });

    it('knows the idempotency keys', async () => {
      const turn = { sessionId: 'busy', runId: 'new', key: 'key of b1' };
      expect(await store.sessions.accept(aTurn(turn))).to.deep.include({ replayed: true });
      const other = aTurn({ ...turn, content: 'Other' });
      expect(await errorOf(store.sessions.accept(other))).to.be.instanceOf(IdempotencyMismatch);
    });

    it('takes up what was being written and what was handed over, and goes on to the next', async () => {
      const claimed = (await store.leases.claimOrphans(9)).toSorted((one, other) => one.id.localeCompare(other.id));
      expect(claimed.map(({ id, epoch }) => [id, epoch])).to.deep.equal([
        ['b1', 2],
        ['h2', 1],
      ]);
      const [busy] = claimed;
      if (busy === undefined) throw new Error('nothing claimed');
      expect(await store.runs.untilStopped(busy, NEVER)).to.equal('cancelled');
      await store.journal.append(busy, chunks([' it goes'], 3), NEVER);
      const { next } = await store.runs.end(busy, aReply('So far it goes', 3, { finishReason: 'cancelled' }));
      expect(next).to.include({ id: 'b3', status: 'running', epoch: 1 });
      expect(textOf(await collect(eventsOf(store.journal, 'b1', 0, NEVER)))).to.equal('So far it goes');
      expect(await contentsOf('busy')).to.deep.equal(['Hello', 'Hello', 'So far it goes', 'Hello', 'Third']);
    });

    it('accepts messages, deletes sessions, and leaves nothing of the former form', async () => {
      await store.sessions.accept(aTurn({ sessionId: 'finished', runId: 'f4', content: 'More' }));
      expect((await contentsOf('finished')).at(-1)).to.equal('More');
      await store.sessions.delete('busy', NEW_YEAR);
      await store.sessions.find('handed-over');
      const redis = stores.client();
      const names = await redis.keys(`${stores.prefix}:*`);
      expect(names.filter((name) => /:(?:turns|queue)$/.test(name))).to.deep.equal([]);
      const fields = await redis.hkeys(`${stores.prefix}:{finished}`);
      expect(fields.filter((field) => /:(?:status|request|lease|owner)$/.test(field))).to.deep.equal([]);
      expect(await redis.pttl(`${stores.prefix}:{finished}`)).to.be.greaterThan(0);
    });

    it('moves a session on once, whoever asks at the same time', async () => {
      const other = await stores.open({ settings: { REDIS_CLUSTER: `${cluster}` } });
      const turn = (runId: string) => aTurn({ sessionId: 'finished', runId, onBusy: 'queue' });
      await Promise.all([
        ...['n1', 'n2'].map((id) => store.sessions.accept(turn(id))),
        ...['n3', 'n4'].map((id) => other.sessions.accept(turn(id))),
      ]);
      expect(await store.sessions.find('finished')).to.include({ messageCount: 9, queuedRuns: 3 });
      expect(await contentsOf('finished')).to.have.length(9);
    });
  });
}
