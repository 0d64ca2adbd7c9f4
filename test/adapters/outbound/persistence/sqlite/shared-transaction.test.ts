import type { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqliteFile } from '../../../../../src/adapters/outbound/persistence/sqlite/open-sqlite-file.js';
import { SharedTransaction } from '../../../../../src/adapters/outbound/persistence/sqlite/shared-transaction.js';
import { SqliteDatabase } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-database.js';
import { errorOf } from '../../../../support/builders.js';
import { NewFiles } from './new-files.js';

const FULL = 2;

describe('SharedTransaction', () => {
  const files = new NewFiles();
  let connection: DatabaseSync;
  let database: SqliteDatabase;
  let writes: SharedTransaction;
  let undone: number;

  before(() => files.begin());
  after(() => files.remove());
  beforeEach(async () => {
    connection = await openSqliteFile(files.next());
    connection.exec('CREATE TABLE notes (place INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT');
    database = new SqliteDatabase(connection);
    undone = 0;
    writes = new SharedTransaction(database, () => {
      undone += 1;
    });
  });
  afterEach(() => database.close());

  function note(text: string): string {
    database.run('INSERT INTO notes (text) VALUES (?)', text);
    return `noted ${text}`;
  }

  function notes(): unknown[] {
    return Array.from(database.rows('SELECT text FROM notes ORDER BY place'), ({ text }) => text);
  }

  it('keeps what is written in one turn of the event loop in the order in which it came, and tells each its own', async () => {
    const told = await Promise.all(['a', 'b', 'c'].map((text) => writes.write(() => note(text))));
    expect(told).to.deep.equal(['noted a', 'noted b', 'noted c']);
    expect(notes()).to.deep.equal(['a', 'b', 'c']);
  });

  it('keeps it in one transaction: nothing of it is there before, and the first finds it open for the last', async () => {
    const inTransaction: boolean[] = [];
    const all = ['a', 'b'].map((text) =>
      writes.write(() => {
        inTransaction.push(connection.isTransaction);
        note(text);
        return notes();
      }),
    );
    expect(notes()).to.deep.equal([]);
    expect(await Promise.all(all)).to.deep.equal([['a'], ['a', 'b']]);
    expect([inTransaction, connection.isTransaction]).to.deep.equal([[true, true], false]);
  });

  for (const place of [0, 1, 2]) {
    it(`lets one that fails at place ${place} harm no other: they are kept in their order, and it leaves nothing`, async () => {
      const failure = new Error('not this one');
      const all = ['a', 'b', 'c'].map((text, index) =>
        writes.write(() => {
          note(text);
          if (index === place) throw failure;
          return text;
        }),
      );
      const settled = await Promise.allSettled(all);
      const kept = ['a', 'b', 'c'].filter((_, index) => index !== place);
      expect(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))).to.deep.equal(kept);
      expect(await errorOf(all[place])).to.equal(failure);
      expect(notes()).to.deep.equal(kept);
    });
  }

  it('refuses what the file refuses, and keeps what stood before and behind it', async () => {
    const settled = await Promise.allSettled(['a', 'a', 'b'].map((text) => writes.write(() => note(text))));
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(notes()).to.deep.equal(['a', 'b']);
  });

  it('tells that what was written is not there, before it writes the others again, and after the one that stays out', async () => {
    const seen: number[] = [];
    const all = [1, 2].map((number) =>
      writes.write(() => {
        seen.push(undone);
        if (number === 2) throw new Error('never');
      }),
    );
    await Promise.allSettled(all);
    // Both together, the first alone, the second alone.
    expect(seen).to.deep.equal([0, 0, 1, 1]);
    expect(undone).to.equal(2);
  });

  it('leaves the next turn of the event loop as if nothing had failed', async () => {
    expect(
      await errorOf(
        writes.write(() => {
          note('lost');
          throw new Error('no');
        }),
      ),
    ).to.have.property('message', 'no');
    expect(await writes.write(() => note('kept'))).to.equal('noted kept');
    expect(notes()).to.deep.equal(['kept']);
  });

  it('writes all of them through to the disk where one of them asks for it', async () => {
    const level = () => database.row('PRAGMA synchronous')?.synchronous;
    const levels = await Promise.all([writes.write(level), writes.writeThrough(level), writes.write(level)]);
    expect(levels).to.deep.equal([FULL, FULL, FULL]);
    expect(await writes.write(level)).to.be.lessThan(FULL);
  });

  it('makes what waits at once where it is finished, and each only once', async () => {
    const all = [writes.write(() => note('a')), writes.write(() => note('b'))];
    writes.finish();
    expect(notes()).to.deep.equal(['a', 'b']);
    await Promise.all(all);
    await new Promise(setImmediate);
    expect(notes()).to.deep.equal(['a', 'b']);
  });
});
