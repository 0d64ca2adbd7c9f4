import { setImmediate as aMoment } from 'node:timers/promises';
import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { ReadingPlaces } from '../../src/application/reading-places.js';
import { errorOf } from '../support/builders.js';

const PLACES = 2;
const TIME = 1000;
const PAGE_TIME = 400;

async function allOf(pages: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

describe('Places to read a history', () => {
  let time: SinonFakeTimers;
  let places: ReadingPlaces;
  let read: string[];

  beforeEach(() => {
    time = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    places = new ReadingPlaces(PLACES, TIME, PAGE_TIME);
    read = [];
  });

  afterEach(() => time.restore());

  async function* pagesOf(name: string): AsyncGenerator<string, undefined> {
    try {
      for (let page = 1; page <= 3; page += 1) {
        read.push(`${name}${page}`);
        yield `${name}${page}`;
      }
    } finally {
      read.push(`${name} left`);
    }
  }

  /** One that holds its first page, or waits for it. */
  async function begun(name: string): Promise<AsyncGenerator<string, undefined>> {
    const reader = places.inTurn(pagesOf(name));
    void reader.next();
    await aMoment();
    return reader;
  }

  it('are as many as may read at the same time, and go to who has waited longest', async () => {
    const first = await begun('a');
    for (const name of ['b', 'c', 'd']) await begun(name);
    expect(read).to.deep.equal(['a1', 'b1']);
    await first.next();
    expect(read).to.deep.equal(['a1', 'b1', 'a2']);
    await first.next();
    await first.next();
    await aMoment();
    expect(read).to.deep.equal(['a1', 'b1', 'a2', 'a3', 'a left', 'c1']);
  });

  it('give every reader all pages in their order', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => allOf(places.inTurn(pagesOf(name))));
    expect(await Promise.all(all)).to.deep.equal(
      ['a', 'b', 'c', 'd', 'e'].map((name) => [1, 2, 3].map((page) => `${name}${page}`)),
    );
  });

  it('are free again when a reader leaves, or its reading fails', async () => {
    const readers = [await begun('a'), await begun('b')];
    await begun('c');
    await begun('d');
    await readers[0]?.return(undefined);
    await errorOf(readers[1]?.throw(new Error('The client is gone')) ?? Promise.resolve());
    await aMoment();
    expect(read).to.deep.equal(['a1', 'b1', 'a left', 'c1', 'b left', 'd1']);
  });

  it('leave no timer behind, whether a reader has all pages or leaves with one in its hands', async () => {
    await allOf(places.inTurn(pagesOf('a')));
    const leaving = await begun('b');
    expect(time.countTimers()).to.equal(2);
    await leaving.return(undefined);
    expect(time.countTimers()).to.equal(0);
  });

  it('are free again when the store fails', async () => {
    const failing = () =>
      places.inTurn(
        (async function* failingPages(): AsyncGenerator<string, undefined> {
          yield 'first';
          throw new Error('The store is away');
        })(),
      );
    for (let time = 0; time <= PLACES; time += 1)
      expect(await errorOf(allOf(failing()))).to.have.property('message', 'The store is away');
    await begun('a');
    expect(read).to.deep.equal(['a1']);
  });

  it('let few wait for the store at the same time, also of those whose time is over', async () => {
    let loading = 0;
    let most = 0;
    async function* slowPages(): AsyncGenerator<string, undefined> {
      for (let page = 1; page <= 2; page += 1) {
        loading += 1;
        most = Math.max(most, loading);
        await aMoment();
        await aMoment();
        loading -= 1;
        yield `${page}`;
      }
    }
    const many = new ReadingPlaces(20);
    await Promise.all(Array.from({ length: 20 }, () => allOf(many.inTurn(slowPages()))));
    expect(most).to.equal(4);
  });

  it('are kept by slow readers for the time of a page only, who read on without, and counted once', async () => {
    const slow = [await begun('a'), await begun('b')];
    for (const name of ['c', 'd', 'e']) await begun(name);
    await time.tickAsync(PAGE_TIME);
    await aMoment();
    expect(read).to.deep.equal(['a1', 'b1', 'c1', 'd1']);
    await slow[0]?.next();
    for (const reader of slow) await reader.return(undefined);
    await aMoment();
    expect(read).to.deep.equal(['a1', 'b1', 'c1', 'd1', 'a2', 'a left', 'b left']);
  });

  it('are kept by nobody for longer than their time', async () => {
    const first = await begun('a');
    await begun('b');
    await time.tickAsync(PAGE_TIME - 1);
    await first.next();
    await begun('c');
    await begun('d');
    await time.tickAsync(PAGE_TIME - 1);
    await first.next();
    expect(read).to.deep.equal(['a1', 'b1', 'a2', 'c1', 'a3']);
    await time.tickAsync(TIME - 2 * PAGE_TIME + 2);
    await aMoment();
    expect(read).to.deep.equal(['a1', 'b1', 'a2', 'c1', 'a3', 'd1']);
  });
});
