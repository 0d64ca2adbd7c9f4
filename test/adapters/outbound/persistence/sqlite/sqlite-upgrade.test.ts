import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { sqliteStore } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-store.js';
import { type Store, StoreNotUsable } from '../../../../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../../../../src/application/ledger/session-key.js';
import { RunNotFound } from '../../../../../src/domain/errors.js';
import { aLease, aReply, aTurn, chunks, collect, errorOf, NEVER, textOf } from '../../../../support/builders.js';
import { FixedClock } from '../../../../support/fixed-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { NewFiles } from './new-files.js';

/** `schema-1.db.gz` is a file as the store of commit a15250c wrote it, through its ports and by a clock that the maker
 *  set: a session whose journal was purged, one with three answers and a key, one with an active run, a stop request
 *  and a queue, one that was handed over, one whose writer was replaced, and one that was deleted a moment ago.
 *  `schema-1.json` is what that version told of the same file. */
const FIXTURES = 'test/fixtures/sqlite/schema-1';
const WRITTEN = Date.parse('2026-01-01T01:01:23.000Z');
const STRANGE = ' \ufeff\u2028 "quotes" \\ \u{1f600} e\u0301 \u0001\u007f\r\n\ttail ';

const told = JSON.parse(readFileSync(`${FIXTURES}.json`, 'utf8'));

describe('a SQLite file of the first schema', () => {
  const files = new NewFiles();
  let path: string;
  let store: Store;

  before(() => files.begin());
  after(() => files.remove());
  beforeEach(async () => {
    path = files.next();
    writeFileSync(path, gunzipSync(readFileSync(`${FIXTURES}.db.gz`)));
    store = await open();
  });
  afterEach(() => store.close());

  function open(): Promise<Store> {
    const dependencies = { clock: new FixedClock(WRITTEN), log: new MemoryLogger(), leaseMilliseconds: 15_000 };
    return sqliteStore.open({ STORE_URL: `sqlite:${path}` }, dependencies);
  }

  async function all(names: object, look: (name: string) => Promise<unknown>): Promise<unknown> {
    const found = await Promise.all(Object.keys(names).map(async (name) => [name, await orError(look(name))]));
    return Object.fromEntries(found);
  }

  async function everything(): Promise<unknown> {
    const { sessions, runs, journal } = store;
    return {
      sessions: await sessions.list(9, undefined),
      runs: await all(told.runs, (id) => runs.find(id)),
      messages: await all(told.messages, (id) => messagesIn(sessions, id)),
      positions: await all(told.positions, (id) => journal.position(id)),
      journals: await all(told.journals, (id) => collect(eventsOf(journal, id, 0, NEVER))),
      prompts: await all(told.prompts, (id) => messagesIn(sessions, 'busy', id)),
      keyed: {
        said: await sessions.findAccepted(aTurn({ sessionId: 'said', content: STRANGE, key: 'key1' })),
        busy: await sessions.findAccepted(aTurn({ sessionId: 'busy', key: 'key4' })),
      },
    };
  }

  it('is read as the version that wrote it did, also when it is opened again', async () => {
    expect(asToldThen(await everything(), told)).to.deep.equal(told);
    await store.close();
    store = await open();
    // What was deleted goes when the file is closed, for nobody reads it any more.
    const later = { ...told, journals: { ...told.journals, deleted1: 'RunNotFound' } };
    expect(asToldThen(await everything(), later)).to.deep.equal(later);
  });

  it('is as it was when the upgrade fails half-way, and is upgraded once what was in its way is mended', async () => {
    path = files.next();
    writeFileSync(path, gunzipSync(readFileSync(`${FIXTURES}.db.gz`)));
    const [{ request = '' } = {}] = inFile("SELECT request FROM runs WHERE id = 'busy5'");
    const put = (text: unknown) => inFile("UPDATE runs SET request = ? WHERE id = 'busy5'", text);
    put('{"content":');
    const before = allInFile();
    expect(await errorOf(open()))
      .to.be.instanceOf(StoreNotUsable)
      .with.property('message')
      .that.includes('malformed JSON');
    expect(allInFile()).to.deep.equal(before);
    put(request);
    await (await open()).close();
    expect(inFile('PRAGMA user_version')).not.to.deep.equal(before.version);
  });

  function inFile(sql: string, ...values: readonly unknown[]): Record<string, unknown>[] {
    const connection = new DatabaseSync(path);
    try {
      return connection.prepare(sql).all(...values.map(String));
    } finally {
      connection.close();
    }
  }

  function allInFile() {
    const schema = inFile('SELECT name, type, sql FROM sqlite_schema ORDER BY name');
    const tables = schema.flatMap(({ name, type }) => (type === 'table' ? [`${name}`] : []));
    const rows = tables.map((name) => inFile(`SELECT * FROM ${name}`));
    return { version: inFile('PRAGMA user_version'), schema, rows };
  }

  it('gives its orphans to the next process, and the turns go on in their order', async () => {
    const orphans = await store.leases.claimOrphans(9);
    const claimed = orphans.map(({ id, epoch, stopCause }) => `${id} ${epoch} ${stopCause}`);
    expect(claimed.toSorted()).to.deep.equal(['busy2 3 interrupted', 'handed2 1 undefined', 'taken1 3 undefined']);
    const lease = (id: string, epoch: number) => aLease(id, { sessionId: id.slice(0, -1), epoch });
    await store.journal.append(lease('busy2', 3), chunks(['!'], 3), NEVER);
    const { next } = await store.runs.end(lease('busy2', 3), aReply('two tokens!', 3));
    expect(next?.id).to.equal('busy5');
    const last = await store.runs.end(lease('busy5', 1), aReply());
    expect(last.next?.id).to.equal('busy4');
    await store.runs.end(lease('busy4', 1), aReply());
    const messages = await messagesIn(store.sessions, 'busy');
    expect(messages.map(({ runId }) => runId)).to.deep.equal([
      'busy1',
      'busy1',
      'busy2',
      'busy2',
      'busy5',
      'busy3',
      'busy4',
    ]);
    expect(textOf(await collect(eventsOf(store.journal, 'busy2', 0, NEVER)))).to.equal('two tokens!');
  });

  it('takes new messages, and what was deleted stays so', async () => {
    const next = aTurn({ runId: 'said4', sessionId: 'said' });
    expect((await store.sessions.accept(next)).run.status).to.equal('running');
    const { head } = (await store.ledger?.load(sessionKeyOf({ sessionId: 'said' }), {})) ?? {};
    expect(head).to.include({ messageCount: 6 });
    const deleted = aTurn({ runId: 'deleted1', sessionId: 'deleted' });
    expect(await errorOf(store.sessions.accept(deleted))).to.be.instanceOf(RunNotFound);
    expect(textOf(await collect(eventsOf(store.journal, 'deleted1', 0, NEVER)))).to.equal('secret');
  });
});

async function orError(look: Promise<unknown>): Promise<unknown> {
  try {
    return await look;
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

/** As JSON, without the fields that the version of then knew nothing of. */
function asToldThen(now: unknown, then: unknown): unknown {
  const written: unknown = JSON.parse(JSON.stringify(now));
  return onlyKnown(written, then);
}

function onlyKnown(now: unknown, then: unknown): unknown {
  if (Array.isArray(now) && Array.isArray(then)) return now.map((one, index) => onlyKnown(one, then[index]));
  if (!isObject(now) || !isObject(then)) return now;
  const known = Object.entries(now).filter(([name]) => Object.hasOwn(then, name));
  return Object.fromEntries(known.map(([name, value]) => [name, onlyKnown(value, Reflect.get(then, name))]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
