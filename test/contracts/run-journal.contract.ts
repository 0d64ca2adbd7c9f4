import { expect } from 'chai';
import fc from 'fast-check';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../src/application/ports/run-journal.js';
import { JournalGap, RunEnded, RunNotFound } from '../../src/domain/errors.js';
import type { JournalledEvent, RunEvent } from '../../src/domain/run-event.js';
import { aLease, aReply, aTurn, chunks, collect, errorOf, NEVER, textOf } from '../support/builders.js';
import { eventsOf } from '../support/pulled.js';

async function batchesOf(events: AsyncIterable<readonly RunEvent[]>): Promise<(readonly RunEvent[])[]> {
  const batches: (readonly RunEvent[])[] = [];
  for await (const batch of events) batches.push(batch);
  return batches;
}

/** What every RunJournal promises. `open` gives an empty store. */
export function describeRunJournal(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a RunJournal`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
      await store.sessions.accept(aTurn());
    });

    afterEach(async () => {
      await store.close();
    });

    it('refuses a run that is not there', async () => {
      const { journal } = store;
      const calls = [
        journal.append(aLease('none'), chunks(['a']), NEVER),
        journal.position('none'),
        collect(eventsOf(journal, 'none', 0, NEVER)),
      ];
      for (const error of await Promise.all(calls.map(errorOf))) expect(error).to.be.instanceOf(RunNotFound);
    });

    it('replays what is there and then follows', async () => {
      await store.journal.append(aLease('run1'), chunks(['a', 'b']), NEVER);
      const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      await store.journal.append(aLease('run1'), chunks(['c'], 3), NEVER);
      await store.runs.end(aLease('run1'), aReply('abc', 3));
      const events = await reading;
      expect(textOf(events)).to.equal('abc');
      expect(events.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3, 4]);
      expect(events.at(-1)?.type).to.equal('run-end');
    });

    it('keeps calls and results among the tokens, and texts that begin as nothing else does', async () => {
      const providerData = {
        model: 'm',
        call: { extra_content: { a: ['\u2028'] } },
        message: { reasoning: '\u{1f642}' },
      };
      const given = { path: 'ä\u2028"', deep: [{ a: null }] };
      const call = { callId: 'c1', toolName: 'read', arguments: given, providerData };
      const events: readonly JournalledEvent[] = [
        { type: 'text-delta', sequence: 1, text: '\u0001{"type":"tool-call"}' },
        { type: 'tool-call', sequence: 2, ...call, requiresApproval: true },
        { type: 'tool-result', sequence: 3, callId: 'c1', toolName: 'read', status: 'error', content: '' },
        { type: 'text-delta', sequence: 4, text: '\u0001\u0001' },
      ];
      await store.journal.append(aLease('run1'), events.slice(0, 2), NEVER);
      const live = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      await store.journal.append(aLease('run1'), events, NEVER);
      await store.runs.end(aLease('run1'), aReply('', 4));
      for (const reading of [live, collect(eventsOf(store.journal, 'run1', 0, NEVER))])
        expect((await reading).slice(0, 4)).to.deep.equal(events);
    });

    it('keeps what is no text as it is, in its place', async () => {
      const events: readonly JournalledEvent[] = [
        { type: 'agent-switched', sequence: 1, from: 'default', to: 'coder', reason: ' "why" \u2028' },
        { type: 'reasoning-delta', sequence: 2, text: 'hm, \u{1f600}' },
        { type: 'text-delta', sequence: 3, text: '{"type":"text"}' },
        { type: 'reasoning-delta', sequence: 4, text: 'so' },
        { type: 'call-arguments', sequence: 5, callId: 'c1', toolName: 'read_file', text: '{"a' },
        { type: 'text-delta', sequence: 6, text: 'b' },
        { type: 'text-delta', sequence: 7, text: 'c' },
      ];
      const reading = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      await store.journal.append(aLease('run1'), events.slice(0, 1), NEVER);
      await store.journal.append(aLease('run1'), events.slice(0, 4), NEVER);
      await store.journal.append(aLease('run1'), events.slice(3), NEVER);
      await store.runs.end(aLease('run1'), aReply('bc', 7));
      const again = await collect(eventsOf(store.journal, 'run1', 0, NEVER));
      expect(again.slice(0, -1)).to.deep.equal(events);
      expect(await reading).to.deep.equal(again);
      expect((await collect(eventsOf(store.journal, 'run1', 3, NEVER))).slice(0, -1)).to.deep.equal(events.slice(3));
    });

    it('gives reasoning in batches that are never large, either', async () => {
      const text = 'x'.repeat(MAX_BATCH_CHARACTERS / 2);
      const events = [1, 2, 3, 4, 5].map((sequence) => ({ type: 'reasoning-delta', sequence, text }) as const);
      await store.journal.append(aLease('run1'), events, NEVER);
      await store.runs.end(aLease('run1'), aReply('', 5));
      const batches = await batchesOf(eventsOf(store.journal, 'run1', 0, NEVER));
      for (const batch of batches) expect(batch.length).to.be.at.most(2 + 1);
    });

    it('goes on after any event, while the run goes on and after its end', async () => {
      await store.journal.append(aLease('run1'), chunks(['a', 'b', 'c']), NEVER);
      const live = [0, 1, 2, 3].map((after) => collect(eventsOf(store.journal, 'run1', after, NEVER)));
      await store.runs.end(aLease('run1'), aReply('abc', 3));
      const ended = [0, 1, 2, 3].map((after) => collect(eventsOf(store.journal, 'run1', after, NEVER)));
      for (const readings of [live, ended]) {
        const texts = (await Promise.all(readings)).map(textOf);
        expect(texts).to.deep.equal(['abc', 'bc', 'c', '']);
      }
    });

    it('gives batches that are never large, however much is there', async () => {
      const many = Array.from({ length: 3 * MAX_BATCH_EVENTS }, () => 'x');
      const large = Array.from({ length: 10 }, () => 'x'.repeat(MAX_BATCH_CHARACTERS / 2));
      const reading = eventsOf(store.journal, 'run1', 0, NEVER);
      await store.journal.append(aLease('run1'), chunks(['first']), NEVER);
      // From here on the reader is told of what comes, and does not find it when it first looks.
      const first = await reading.next();
      const live = batchesOf(reading).then((rest) => [first.value ?? [], ...rest]);
      await new Promise(setImmediate);
      await store.journal.append(aLease('run1'), chunks(many, 2), NEVER);
      await store.journal.append(aLease('run1'), chunks(large, many.length + 2), NEVER);
      const whole = ['first', ...many, ...large].join('');
      await store.runs.end(aLease('run1'), aReply(whole, 1 + many.length + large.length));
      for (const batches of [await live, await batchesOf(eventsOf(store.journal, 'run1', 0, NEVER))]) {
        expect(textOf(batches.flat())).to.equal(whole);
        for (const batch of batches) {
          expect(batch.length).to.be.within(1, MAX_BATCH_EVENTS);
          expect(textOf(batch.slice(0, -1)).length).to.be.lessThan(MAX_BATCH_CHARACTERS);
        }
      }
    });

    it('tells where it stands', async () => {
      expect(await store.journal.position('run1')).to.deep.equal({ last: 0, ended: false });
      await store.journal.append(aLease('run1'), chunks(['a', 'b']), NEVER);
      expect(await store.journal.position('run1')).to.deep.equal({ last: 2, ended: false });
      await store.runs.end(aLease('run1'), aReply('ab', 2));
      expect(await store.journal.position('run1')).to.deep.equal({ last: 3, ended: true });
    });

    it('ignores chunks that are there already', async () => {
      await store.journal.append(aLease('run1'), chunks(['a', 'b']), NEVER);
      await store.journal.append(aLease('run1'), chunks(['a', 'b']), NEVER);
      await store.journal.append(aLease('run1'), chunks(['b', 'c'], 2), NEVER);
      await store.runs.end(aLease('run1'), aReply('abc', 3));
      expect(textOf(await collect(eventsOf(store.journal, 'run1', 0, NEVER)))).to.equal('abc');
    });

    it('refuses a gap and adds nothing then', async () => {
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      expect(await errorOf(store.journal.append(aLease('run1'), chunks(['c'], 3), NEVER))).to.be.instanceOf(JournalGap);
      expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: false });
    });

    it('refuses everything after the end', async () => {
      await store.runs.end(aLease('run1'), aReply());
      expect(await errorOf(store.journal.append(aLease('run1'), chunks(['a']), NEVER))).to.be.instanceOf(RunEnded);
      expect(await errorOf(store.journal.append(aLease('run1'), chunks(['b'], 2), NEVER))).to.be.instanceOf(RunEnded);
    });

    it('ends a reading without an error when its signal aborts', async () => {
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      const leaving = new AbortController();
      const seen: RunEvent[] = [];
      for await (const batch of eventsOf(store.journal, 'run1', 0, leaving.signal)) {
        seen.push(...batch);
        setImmediate(() => leaving.abort());
      }
      expect(textOf(seen)).to.equal('a');
    });

    it('waits for a reader that is taking a batch, also when its signal aborts', async () => {
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      const leaving = new AbortController();
      const first = Promise.withResolvers<void>();
      const taken = Promise.withResolvers<void>();
      let isOver = false;
      const seen: RunEvent[] = [];
      const reading = store.journal
        .read('run1', 0, leaving.signal, (batch) => {
          seen.push(...batch);
          first.resolve();
          return taken.promise;
        })
        .then(() => {
          isOver = true;
        });
      await first.promise;
      await store.journal.append(aLease('run1'), chunks(['b'], 2), NEVER);
      leaving.abort();
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      expect({ isOver, text: textOf(seen) }).to.deep.equal({ isOver: false, text: 'a' });
      taken.resolve();
      await reading;
      expect(textOf(seen)).to.equal('a');
    });

    it('fails a reading with what its reader fails with, and nobody else', async () => {
      const other = collect(eventsOf(store.journal, 'run1', 0, NEVER));
      const broken = new Error('broken');
      const readings = [() => Promise.reject(broken), () => throwing(broken)].map((take) =>
        errorOf(store.journal.read('run1', 0, NEVER, take)),
      );
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      expect(await Promise.all(readings)).to.deep.equal([broken, broken]);
      await store.runs.end(aLease('run1'), aReply('a', 1));
      expect(textOf(await other)).to.equal('a');
    });

    it('goes on for others when one reader leaves', async () => {
      const others = [1, 2, 3].map(() => collect(eventsOf(store.journal, 'run1', 0, NEVER)));
      await store.journal.append(aLease('run1'), chunks(['a']), NEVER);
      for await (const _ of eventsOf(store.journal, 'run1', 0, NEVER)) break;
      await store.journal.append(aLease('run1'), chunks(['b'], 2), NEVER);
      await store.runs.end(aLease('run1'), aReply('ab', 2));
      for (const events of await Promise.all(others)) expect(textOf(events)).to.equal('ab');
    });

    it('gives every reader every event once, wherever it begins and whenever it comes (property)', async function () {
      this.timeout(60_000);
      let count = 0;
      const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
      const readers = fc.array(fc.tuple(fc.nat(12), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(sizes, readers, async (batches, joins) => {
          count += 1;
          const ids = { runId: `property${count}`, sessionId: `property${count}` };
          await store.sessions.accept(aTurn(ids));
          const readings: { after: number; events: ReturnType<typeof collect> }[] = [];
          let last = 0;
          for (const [index, size] of batches.entries()) {
            for (const [when, where] of joins.filter(([when]) => when === index)) {
              const after = Math.floor(where * last);
              readings.push({ after, events: collect(eventsOf(store.journal, ids.runId, after, NEVER)) });
              if (when % 2 === 0) await new Promise(setImmediate);
            }
            const texts = Array.from({ length: size }, (_, offset) => `${last + offset + 1},`);
            await store.journal.append(aLease(ids.runId, ids), chunks(texts, last + 1), NEVER);
            last += size;
          }
          const whole = Array.from({ length: last }, (_, offset) => `${offset + 1},`).join('');
          await store.runs.end(aLease(ids.runId, ids), aReply(whole, last));
          for (const { after, events } of readings) {
            const expected = Array.from({ length: last + 1 - after }, (_, offset) => after + offset + 1);
            expect((await events).map(({ sequence }) => sequence)).to.deep.equal(expected);
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}

function throwing(error: Error): never {
  throw error;
}
