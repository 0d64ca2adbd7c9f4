import { setImmediate as aMoment } from 'node:timers/promises';
import { expect } from 'chai';
import { memoryStore } from '../../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../../src/adapters/outbound/persistence/store.js';
import { ReadingPlaces } from '../../../src/application/reading-places.js';
import { ExportSession } from '../../../src/application/use-cases/export-session.js';
import { GetHistory } from '../../../src/application/use-cases/get-history.js';
import { FixedClock } from '../../support/fixed-clock.js';
import { keepManyTurns } from '../../support/many-turns.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const PLACES = 3;
const READERS = 20;
const BY = { userId: undefined };

describe('many readers of a long history at once', () => {
  let store: Store;
  let pagesInHands: number;
  let most: number;

  beforeEach(async () => {
    store = await memoryStore.open({}, { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 });
    await keepManyTurns(store, 'session1', 1000);
    [pagesInHands, most] = [0, 0];
  });

  afterEach(() => store.close());

  async function* counted<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    for await (const page of pages) {
      pagesInHands += 1;
      most = Math.max(most, pagesInHands);
      try {
        yield page;
      } finally {
        pagesInHands -= 1;
      }
    }
  }

  /** Of the store, with the pages counted that it has given and that are not done with. */
  function sessions() {
    const { sessions } = store;
    return {
      locate: sessions.locate.bind(sessions),
      find: sessions.find.bind(sessions),
      messages: (key: string) => counted(sessions.messages(key)),
      latestMessages: (key: string, through?: string) => counted(sessions.latestMessages(key, through)),
      records: (key: string) => counted(sessions.records(key)),
    };
  }

  async function readSlowly(pages: AsyncIterable<unknown>): Promise<void> {
    for await (const _page of pages) await aMoment();
  }

  for (const [name, read] of [
    ['from its begin', (history: GetHistory) => readSlowly(history.execute('session1', BY))],
    ['from its end', (history: GetHistory) => readSlowly(history.latestFirst('session1', BY))],
    ['a page of it', (history: GetHistory) => history.page('session1', BY, 300)],
  ] as const) {
    it(`hold few of its pages: ${name}`, async () => {
      const history = new GetHistory(sessions(), new ReadingPlaces(PLACES));
      await Promise.all(Array.from({ length: READERS }, () => read(history)));
      expect([most, pagesInHands]).to.deep.equal([PLACES, 0]);
    });
  }

  it('hold few of its pages: exported', async () => {
    const document = new ExportSession(sessions(), new ReadingPlaces(PLACES));
    await Promise.all(Array.from({ length: READERS }, () => readSlowly(document.execute('session1', BY))));
    expect([most, pagesInHands]).to.deep.equal([PLACES, 0]);
  });

  it('leave no place taken where a page is asked for before a message that is not there', async () => {
    const history = new GetHistory(sessions(), new ReadingPlaces(1));
    const before = { runId: 'run7', role: 'tool', index: 1 } as const;
    expect(await history.page('session1', BY, 1, before)).to.equal(undefined);
    expect(pagesInHands).to.equal(0);
    await readSlowly(history.latestFirst('session1', BY));
    expect(most).to.equal(1);
  });
});
