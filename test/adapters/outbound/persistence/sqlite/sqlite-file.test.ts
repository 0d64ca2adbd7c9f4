import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { ExpiredRows } from '../../../../../src/adapters/outbound/persistence/sqlite/expired-rows.js';
import { Expiry } from '../../../../../src/adapters/outbound/persistence/sqlite/expiry.js';
import { MIGRATIONS, migrate } from '../../../../../src/adapters/outbound/persistence/sqlite/migrations.js';
import { openSqliteFile } from '../../../../../src/adapters/outbound/persistence/sqlite/open-sqlite-file.js';
import { sqliteStoreIn } from '../../../../../src/adapters/outbound/persistence/sqlite/open-sqlite-store.js';
import { SqliteDatabase } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-database.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { FAREWELL_MILLISECONDS } from '../../../../../src/application/ports/run-journal.js';
import { RunNotFound, StoreUnavailable } from '../../../../../src/domain/errors.js';
import {
  aLease,
  aReply,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  NEW_YEAR,
  textOf,
} from '../../../../support/builders.js';
import { FixedClock } from '../../../../support/fixed-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { NewFiles } from './new-files.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIFETIMES = { sessionMilliseconds: 24 * HOUR, journalMilliseconds: HOUR, idempotencyKeyMilliseconds: 24 * HOUR };

describe('the file of a SQLite store', () => {
  const files = new NewFiles();
  let path: string;
  let clock: FixedClock;
  let connection: DatabaseSync;
  let database: SqliteDatabase;
  let store: Store;
  let followed: readonly string[];
  let timers: SinonFakeTimers | undefined;

  before(() => files.begin());
  after(() => files.remove());
  beforeEach(async () => {
    path = files.next();
    followed = [];
    clock = new FixedClock();
    await open();
  });
  afterEach(async () => {
    timers?.restore();
    await store.close();
  });

  async function open(): Promise<void> {
    connection = await openSqliteFile(path);
    database = new SqliteDatabase(connection);
    store = sqliteStoreIn(database, LIFETIMES, { clock, log: new MemoryLogger(), leaseMilliseconds: 15_000 });
  }

  /** All that is in its folder under its name. */
  function onDisk(): string {
    const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
    return names.map((name) => readFileSync(join(dirname(path), name), 'latin1')).join();
  }

  function number(sql: string): number {
    return Number(Object.values(connection.prepare(sql).get() ?? {})[0]);
  }

  function purge(): void {
    const expired = new ExpiredRows(database, new Expiry(clock, LIFETIMES), () => followed);
    while (database.write(() => expired.purgeSome()));
  }

  async function converse(id: string, texts: readonly string[]): Promise<void> {
    const lease = aLease(id, { sessionId: id });
    await store.sessions.accept(aTurn({ runId: id, sessionId: id, at: clock.now(), key: 'key' }));
    await store.journal.append(lease, chunks(texts), NEVER);
    await store.runs.end(lease, aReply(texts.join(''), texts.length, { at: clock.now() }));
  }

  describe('writes through to the disk', () => {
    const levels = { NORMAL: 1, FULL: 2 };
    const synchronous = () => number('PRAGMA synchronous');

    it('what was accepted and what has ended, and leaves tokens to the system until then', async () => {
      const seen: number[] = [];
      await store.sessions.accept(aTurn());
      seen.push(synchronous());
      await store.journal.append(aLease(), chunks(['Hi']), NEVER);
      seen.push(synchronous());
      await store.runs.end(aLease(), aReply('Hi', 1));
      seen.push(synchronous());
      await store.sessions.delete('session1', NEW_YEAR);
      seen.push(synchronous());
      expect(seen).to.deep.equal([levels.FULL, levels.NORMAL, levels.FULL, levels.FULL]);
    });
  });

  describe('when there is no room', () => {
    const LARGE = 'x'.repeat(5000);

    beforeEach(async () => {
      await store.sessions.accept(aTurn());
      connection.exec(`PRAGMA max_page_count = ${number('PRAGMA page_count') + 10}`);
    });

    async function fill(): Promise<number> {
      for (let last = 0; ; last += 1) {
        const error = await store.journal.append(aLease(), chunks([LARGE], last + 1), NEVER)?.catch((error) => error);
        if (error === undefined) continue;
        expect(error).to.be.instanceOf(StoreUnavailable).with.property('cause').with.property('message').match(/full/);
        return last;
      }
    }

    it('takes nothing, keeps what there is, and goes on by itself when there is room again', async () => {
      const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      const last = await fill();
      const large = aTurn({ runId: 'run2', sessionId: 'session2', content: LARGE.repeat(9) });
      expect(await errorOf(store.sessions.accept(large))).to.be.instanceOf(StoreUnavailable);
      expect(await errorOf(store.runs.end(aLease(), aReply(LARGE, last)))).to.be.instanceOf(StoreUnavailable);
      expect(await store.runs.find('run1')).to.include({ status: 'running' });
      expect(await store.journal.position('run1')).to.deep.equal({ last, ended: false });
      expect(await errorOf(store.runs.find('run2'))).to.be.instanceOf(RunNotFound);
      connection.exec('PRAGMA max_page_count = 1000000');
      await store.journal.append(aLease(), chunks([LARGE], last + 1), NEVER);
      await store.runs.end(aLease(), aReply(LARGE, last + 1));
      expect((await store.sessions.accept(large)).run).to.include({ id: 'run2', status: 'running' });
      expect(textOf(await reading)).to.equal(LARGE.repeat(last + 1));
    });
  });

  it('says that it is not ready while nothing can be written, and that it is when it can again', async () => {
    await store.ready();
    connection.exec('PRAGMA query_only = ON');
    expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
    expect(await errorOf(store.sessions.accept(aTurn()))).to.be.instanceOf(StoreUnavailable);
    connection.exec('PRAGMA query_only = OFF');
    await store.ready();
  });

  for (const [damage, harm] of Object.entries<(file: string) => void>({
    'was deleted': (file) => rmSync(file),
    'was replaced': (file) => renameSync(`${file}.copy`, file),
    'is damaged at its beginning': (file) => overwrite(file, 0, 100),
    'is damaged behind it': (file) => overwrite(file, 4096, 200_000),
    'was cut': (file) => truncateSync(file, 4096),
    'has lost its log': (file) => rmSync(`${file}-wal`),
  })) {
    it(`says that it is not ready when it ${damage}`, async () => {
      await converse('session1', ['Hi '.repeat(10_000)]);
      copyFileSync(path, `${path}.copy`);
      database.wipe();
      await store.ready();
      harm(path);
      expect(await errorOf(store.ready())).to.be.instanceOf(StoreUnavailable);
    });
  }

  it('holds nothing of what was deleted or has expired, nor does what is beside it', async () => {
    // It is cleaned when those who read what was deleted have had their time.
    await store.close();
    const clockOfTimers = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    timers = clockOfTimers;
    await open();
    await converse('deleted', ['SECRET-ONE ', 'SECRET-TWO'.repeat(1000)]);
    await store.sessions.accept(aTurn({ runId: 'open', content: 'SECRET-THREE', sessionId: 'open', at: clock.now() }));
    await converse('expired', ['SECRET-FOUR']);
    expect(onDisk()).to.include('SECRET-ONE').and.to.include('SECRET-FOUR');
    // At once, and so with one cleaning for both: neither is answered before it.
    await Promise.all(['deleted', 'open'].map((id) => store.sessions.delete(id, NEW_YEAR)));
    expect(onDisk()).not.to.include('SECRET-THREE');
    clock.advance(24 * HOUR + MINUTE);
    await clockOfTimers.tickAsync(FAREWELL_MILLISECONDS - 1);
    expect(onDisk()).to.include('SECRET');
    while (onDisk().includes('SECRET')) await clockOfTimers.tickAsync(10);
    await store.close();
    await open();
    await converse('at its close', ['SECRET-FIVE']);
    await store.sessions.delete('at its close', NEW_YEAR);
    await store.close();
    expect(onDisk()).not.to.include('SECRET');
  });

  it('is listed though a hundred thousand newer sessions have expired, and for nobody who has left, before or meanwhile', async () => {
    await converse('old', ['Hi']);
    const newer = NEW_YEAR.getTime() + HOUR;
    const expired = NEW_YEAR.getTime() - 25 * HOUR;
    connection.exec(`
      WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 100000)
      INSERT INTO sessions (id, created_at, revision, head, has_alarm, idle_since)
      SELECT 'expired' || number, ${newer}, '', '{}', 0, ${expired} FROM numbers`);
    expect((await store.sessions.list(1, undefined, NEVER)).map(({ id }) => id)).to.deep.equal(['old']);
    const left = new Error('left');
    expect(await errorOf(store.sessions.list(1, undefined, AbortSignal.abort(left)))).to.equal(left);
    const leaving = new AbortController();
    const listing = errorOf(store.sessions.list(1, undefined, leaving.signal));
    // Others have their turn between two looks.
    setImmediate(() => leaving.abort(left));
    expect(await listing).to.equal(left);
  });

  it('leaves a mistake of ours what it is', async () => {
    expect(() => database.read(() => database.row('SELECT missing'))).to.throw(/no such column/);
    expect(() => database.write(() => database.run('INSERT INTO journal VALUES (1, 1, NULL, NULL)'))).to.throw(
      /FOREIGN/,
    );
    await store.sessions.accept(aTurn());
  });

  describe('is cleared', () => {
    it('of journals a minute after their time, so that who reads one can read it to its end', async () => {
      await converse('answered', ['a'.repeat(64 * 1024), 'b']);
      await store.sessions.accept(aTurn());
      await store.journal.append(aLease(), chunks(['c']), NEVER);
      const reading = eventsOf(store.journal, 'answered', 0, NEVER)[Symbol.asyncIterator]();
      expect((await reading.next()).value).to.have.length(1);
      clock.advance(HOUR + MINUTE - 1);
      purge();
      expect((await reading.next()).value).to.have.length(2);
      expect(number('SELECT count(*) FROM journal')).to.equal(4);
      clock.advance(1);
      purge();
      expect(number('SELECT count(*) FROM journal')).to.equal(1);
      expect(await messagesIn(store.sessions, 'answered')).to.have.length(2);
    });

    it('of deleted sessions when nobody reads them any more, so that who reads one of their runs can read it to its end', async () => {
      await converse('answered', ['a'.repeat(64 * 1024), 'b']);
      await store.sessions.accept(aTurn());
      const attached = eventsOf(store.journal, 'answered', 0, NEVER)[Symbol.asyncIterator]();
      expect((await attached.next()).value).to.have.length(1);
      for (const id of ['answered', 'session1']) await store.sessions.delete(id, NEW_YEAR);
      expect(await errorOf(store.journal.position('answered'))).to.be.instanceOf(RunNotFound);
      followed = ['answered'];
      clock.advance(MINUTE - 1);
      purge();
      expect(number('SELECT count(*) FROM runs')).to.equal(1);
      expect((await attached.next()).value).to.have.length(2);
      followed = [];
      purge();
      for (const table of ['sessions', 'runs', 'journal', 'idempotency_keys']) {
        expect(number(`SELECT count(*) FROM ${table}`), table).to.equal(0);
      }
    });

    it('of sessions that are idle for their time, and of keys, but of nothing that is in use', async () => {
      await converse('idle', ['a']);
      await store.sessions.accept(aTurn({ runId: 'run2', sessionId: 'busy', at: clock.now() }));
      clock.advance(20 * HOUR);
      await converse('used', ['b']);
      clock.advance(4 * HOUR + MINUTE);
      purge();
      const kept = (await store.sessions.list(9, undefined)).map(({ id }) => id).sort();
      expect(kept).to.deep.equal(['busy', 'used']);
      expect(number('SELECT count(*) FROM sessions')).to.equal(2);
      expect(number('SELECT count(*) FROM idempotency_keys')).to.equal(1);
    });

    it('by itself, soon after it was opened', async () => {
      await converse(
        'idle',
        Array.from({ length: 1000 }, () => 'a'),
      );
      await store.close();
      clock.advance(25 * HOUR);
      await open();
      while (number('SELECT count(*) FROM sessions') > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(number('SELECT count(*) FROM journal')).to.equal(0);
    });

    it('so that it does not grow for ever, and shrinks when it holds much less', async function () {
      this.timeout(60_000);
      const texts = Array.from({ length: 200 }, () => 'some twenty characters');
      const sizes: number[] = [];
      for (let hour = 0; hour < 60; hour += 1) {
        for (let index = 0; index < 10; index += 1) await converse(`${hour}-${index}`, texts);
        clock.advance(HOUR);
        purge();
        sizes.push(number('PRAGMA page_count'));
      }
      // After a day, as much goes as comes.
      expect(sizes[59]).to.be.lessThan((sizes[29] ?? 0) * 1.2);
      await converse(
        'large',
        Array.from({ length: 1000 }, () => 'x'.repeat(10_000)),
      );
      expect(number('PRAGMA page_count')).to.be.greaterThan(5000);
      clock.advance(2 * HOUR);
      purge();
      expect(number('PRAGMA freelist_count')).to.be.lessThan(number('PRAGMA page_count') / 2);
      expect(number('PRAGMA page_count')).to.be.lessThan(5000);
    });
  });

  describe('is brought to the latest schema', () => {
    const ADDED = 'ALTER TABLE sessions ADD COLUMN title TEXT';

    it('step by step, and keeps what it holds', async () => {
      await converse('session1', ['Hi ', 'there']);
      const found = await messagesIn(store.sessions, 'session1');
      migrate(connection, [...MIGRATIONS, ADDED]);
      migrate(connection, [...MIGRATIONS, ADDED]);
      expect(number('SELECT count(title) FROM sessions')).to.equal(0);
      expect(await messagesIn(store.sessions, 'session1')).to.deep.equal(found);
    });

    it('whole or not at all', () => {
      const broken = `${ADDED}; CREATE TABLE other (x INTEGER) STRICT; SELECT missing`;
      expect(() => migrate(connection, [...MIGRATIONS, broken])).to.throw(/no such column/);
      connection.exec('ROLLBACK');
      expect(number('PRAGMA user_version')).to.equal(MIGRATIONS.length);
      expect(() => number('SELECT count(title) FROM sessions')).to.throw(/no such column/);
    });

    it('unless a newer version wrote it, or another program', async () => {
      await store.close();
      for (const [change, reason] of [
        ['PRAGMA user_version = 1000', /newer version of agent-runtime/],
        ['PRAGMA application_id = 1', /database of another program/],
      ] as const) {
        path = files.next();
        connection = await openSqliteFile(path);
        connection.exec(change);
        connection.close();
        expect(await errorOf(openSqliteFile(path)))
          .to.have.property('message')
          .match(reason);
      }
    });
  });
});

function overwrite(path: string, from: number, bytes: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(Math.min(bytes, statSync(path).size - from), 0xff), 0, undefined, from);
  closeSync(file);
}
