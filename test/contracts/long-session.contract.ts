import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { MAX_PAGE_TURNS } from '../../src/application/ports/session-repository.js';
import { Preparation } from '../../src/application/preparation.js';
import type { Message } from '../../src/domain/message.js';
import { aLease, anAgent, anAttempt, aReply, aTurn, chunks, NEVER } from '../support/builders.js';
import { keepManyTurns } from '../support/many-turns.js';
import { aBudget } from '../support/prompt-budgets.js';

const TURNS = 5000;
const SESSION = 'long';
/** More than any store has connections. */
const READERS = 50;

/** Fills a session of an empty store as `keepManyTurns` says. */
type Fill = (store: Store, sessionId: string, turns: number) => Promise<void>;

/** What every store promises of a session that has gone on for very long. `open` gives an empty store. */
export function describeLongSession(name: string, open: () => Promise<Store>, fill: Fill = keepManyTurns): void {
  describe(`${name}, with a session of ${TURNS} turns`, function () {
    this.timeout(60_000);
    let store: Store;

    before(async () => {
      store = await open();
      await fill(store, SESSION, TURNS);
    });
    after(() => store.close());

    const spoken = Array.from({ length: TURNS }, (_, index) => [`question ${index}`, `answer ${index}`]).flat();
    const contents = (messages: readonly Message[]) => messages.map(({ content }) => content);

    async function pagesOf(reading: AsyncIterable<readonly Message[]>): Promise<(readonly Message[])[]> {
      const pages: (readonly Message[])[] = [];
      for await (const page of reading) pages.push(page);
      return pages;
    }

    for (const [way, read, inOrder] of [
      ['forwards', () => store.sessions.messages(SESSION), spoken],
      ['backwards', () => store.sessions.latestMessages(SESSION), spoken.toReversed()],
    ] as const) {
      it(`tells its history ${way} in pages, none of them large and each message once`, async () => {
        const pages = await pagesOf(read());
        expect(contents(pages.flat())).to.deep.equal(inOrder);
        expect(Math.max(...pages.map(({ length }) => length))).to.be.at.most(2 * MAX_PAGE_TURNS);
      });
    }

    it('serves other sessions while many read it, each amid its reading', async () => {
      const readings = Array.from({ length: READERS }, () => store.sessions.messages(SESSION)[Symbol.asyncIterator]());
      const first = await Promise.all(readings.map((reading) => reading.next()));
      const further = readings.map((reading) => reading.next());
      const lease = aLease('beside', { sessionId: 'other' });
      await store.sessions.accept(aTurn({ runId: 'beside', sessionId: 'other', content: 'Hello' }));
      await store.runs.beginAttempt(lease, anAttempt());
      await store.journal.append(lease, chunks(['Hi']), NEVER);
      await store.runs.end(lease, aReply('Hi', 1));
      expect(contents((await pagesOf(store.sessions.messages('other'))).flat())).to.deep.equal(['Hello', 'Hi']);
      const read = [first, await Promise.all(further)].flat().map(({ value }) => contents(value ?? []));
      expect(new Set(read.map(([question]) => question))).to.have.property('size', 2);
      await Promise.all(readings.map((reading) => reading.return?.()));
    });

    it('takes a message, prepares its run with all that was said, and keeps the answer', async () => {
      const { run } = await store.sessions.accept(aTurn({ runId: 'new', sessionId: SESSION, content: 'Hello' }));
      const lease = aLease('new', { sessionId: SESSION });
      await store.runs.beginAttempt(lease, anAttempt());
      const asked = { agent: anAgent(), tools: [] };
      const { messages } = await new Preparation(store.sessions, aBudget()).history(run, asked, NEVER);
      expect(contents(messages)).to.deep.equal([...spoken, 'Hello']);
      await store.journal.append(lease, chunks(['Hi']), NEVER);
      await store.runs.end(lease, aReply('Hi', 1));
      expect(await store.sessions.find(SESSION)).to.include({ messageCount: 2 * TURNS + 2, activeRunId: undefined });
      const reading = store.sessions.latestMessages(SESSION)[Symbol.asyncIterator]();
      const latest: readonly Message[] = (await reading.next()).value ?? [];
      expect(contents(latest).slice(0, 3)).to.deep.equal(['Hi', 'Hello', `answer ${TURNS - 1}`]);
    });
  });
}
