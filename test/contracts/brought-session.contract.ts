import { expect } from 'chai';
import { memoryStore } from '../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { RunTaken, SessionExists } from '../../src/domain/bringing-errors.js';
import { ResumeExpired, SessionBusy, SessionNotFound } from '../../src/domain/errors.js';
import type { WholeRun, WholeSession } from '../../src/domain/whole-session.js';
import { aLease, anAttempt, anEnding, aReply, aRun, aTurn, errorOf, NEW_YEAR } from '../support/builders.js';
import { FixedClock } from '../support/fixed-clock.js';
import { keepManyTurns } from '../support/many-turns.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { latestMessagesIn, messagesIn } from '../support/messages-in.js';
import { anEndedRun, aWholeSession } from '../support/whole-sessions.js';

const LATER = new Date(NEW_YEAR.getTime() + 60_000);
const USAGE = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** What every SessionRepository promises of a session that is taken from one store to another. `open` gives an empty
 *  store. */
export function describeBroughtSessions(name: string, open: () => Promise<Store>): void {
  describe(`${name}, taking a session whole`, () => {
    let store: Store;
    let other: Store;

    beforeEach(async () => {
      store = await open();
      other = await memoryStore.open(
        {},
        { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 },
      );
    });

    afterEach(async () => {
      await store.close();
      await other.close();
    });

    for (const [direction, from, to] of [
      ['to the memory store', () => store, () => other],
      ['from the memory store', () => other, () => store],
    ] as const) {
      it(`is the same ${direction}`, async () => {
        const runs = await converse(from());
        const before = await everythingIn(from(), runs);
        await to().sessions.bring(await wholeOf(from()));
        expect(await everythingIn(to(), runs)).to.deep.equal(before);
        expect(await wholeOf(to())).to.deep.equal(await wholeOf(from()));
        await goesOn(to());
      });
    }

    it('takes a thousand turns in one step', async function () {
      this.timeout(60_000);
      await keepManyTurns(other, 'session1', 1000);
      await store.sessions.bring(await wholeOf(other));
      expect(await messagesIn(store.sessions, 'session1')).to.deep.equal(await messagesIn(other.sessions, 'session1'));
      expect(await store.sessions.find('session1')).to.deep.equal(await other.sessions.find('session1'));
    });

    it('takes more than a store is given at once', async function () {
      this.timeout(120_000);
      const answer = 'A "quoted" line\n'.repeat(65_536);
      const runs = Array.from({ length: 24 }, (_, index) => anEndedRun(`run${index}`, answer));
      const session = await store.sessions.bring({ ...aWholeSession(runs) });
      expect(session.messageCount).to.equal(48);
      let characters = 0;
      for await (const page of store.sessions.records('session1'))
        for (const run of page) characters += run.answer.length;
      expect(characters).to.equal(24 * answer.length);
    });

    it('takes one of several that have the same runs and come at once', async () => {
      const runs = Array.from({ length: 300 }, (_, index) => anEndedRun(`run${index}`, 'Yes'));
      const others = ['session1', 'session2', 'session3'].map((id) => ({
        ...aWholeSession(runs.map((run) => ({ ...run, birth: { ...run.birth, sessionId: id } }))),
        id,
      }));
      const tried = (await Promise.allSettled(others.map((whole) => store.sessions.bring(whole)))).map((one) =>
        one.status === 'rejected' ? one.reason : undefined,
      );
      expect(tried.filter((error) => error instanceof RunTaken)).to.have.length(2);
      const listed = await store.sessions.list(9, undefined);
      expect(listed.map(({ id }) => id)).to.deep.equal(
        others.flatMap(({ id }, index) => (tried[index] instanceof RunTaken ? [] : [id])),
      );
      expect((await store.runs.find('run7')).sessionId).to.equal(listed[0]?.id);
    });

    it('has the runs of a session that was deleted just now, and nothing of their journals', async () => {
      const runs = await converse(store);
      const [whole, before] = [await wholeOf(store), await everythingIn(store, runs)];
      await store.sessions.delete('session1', NEW_YEAR);
      await store.sessions.bring(whole);
      expect(await everythingIn(store, runs)).to.deep.equal(before);
      for (const runId of runs) expect(await errorOf(store.journal.position(runId))).to.be.instanceOf(ResumeExpired);
      await goesOn(store);
    });

    it('takes none whose id is taken, also when it was taken just now, and changes nothing', async () => {
      const runs = await converse(store);
      const [whole, before] = [await wholeOf(store), await everythingIn(store, runs)];
      expect(await errorOf(store.sessions.bring(whole))).to.be.instanceOf(SessionExists);
      expect(await everythingIn(store, runs)).to.deep.equal(before);
      await store.sessions.delete('session1', NEW_YEAR);
      const tried = await Promise.allSettled([1, 2, 3].map(() => store.sessions.bring(whole)));
      expect(tried.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      expect(await everythingIn(store, runs)).to.deep.equal(before);
    });

    it('takes none with a run that another session has, and changes nothing', async () => {
      const runs = await converse(store);
      const before = await everythingIn(store, runs);
      const whole = await wholeOf(store);
      const stolen = whole.runs.map((run) => ({ ...run, birth: { ...run.birth, sessionId: 'session2' } }));
      const others = [{ ...first(stolen), birth: { ...first(stolen).birth, id: 'unknown' } }, ...stolen];
      for (const list of [stolen, others])
        expect(await errorOf(store.sessions.bring({ ...whole, id: 'session2', runs: list }))).to.be.instanceOf(
          RunTaken,
        );
      expect(await errorOf(store.sessions.find('session2'))).to.be.instanceOf(SessionNotFound);
      expect(await everythingIn(store, runs)).to.deep.equal(before);
    });

    it('takes one back while nothing was said in it, and only then', async () => {
      const brought = await store.sessions.bring(aWholeSession([anEndedRun('run1', 'Yes')]));
      await store.sessions.takeBack(brought);
      expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
      await store.sessions.takeBack(brought);
      const again = await store.sessions.bring(aWholeSession([anEndedRun('run1', 'Yes')]));
      await store.sessions.accept(aTurn({ runId: 'run2', at: LATER }));
      await store.sessions.takeBack(again);
      expect(await messagesIn(store.sessions, 'session1')).to.have.length(3);
    });

    it('gives none that is answering or waits, and none that there is not', async () => {
      expect(await errorOf(wholeOf(store))).to.be.instanceOf(SessionNotFound);
      await store.sessions.accept(aTurn());
      expect(await errorOf(wholeOf(store))).to.be.instanceOf(SessionBusy);
      await ask(store, 'run1');
      expect(await errorOf(wholeOf(store))).to.be.instanceOf(SessionBusy);
    });
  });
}

/** A session that has whatever one can have. Returns its runs. */
async function converse(store: Store): Promise<readonly string[]> {
  const { sessions, runs } = store;
  const choice = { agent: 'coder', options: { temperature: 0.5 }, include: ['usage' as const] };
  await sessions.accept(aTurn({ runId: 'run1', content: 'Hello \u{1f642}\u2028', choice }));
  await runs.beginAttempt(aLease('run1'), anAttempt({ context: { messages: 1, leftOut: 0, tokens: 7 } }));
  await ask(store, 'run1');
  await sessions.settle(settling('run2', 'c1'));
  await runs.end(aLease('run2'), aReply('Done', 0, { usage: USAGE, at: LATER }));
  await sessions.accept(aTurn({ runId: 'run3', content: 'Fail', at: LATER }));
  const error = { code: 'upstream_timeout', message: 'It took too long.', retryable: true } as const;
  await runs.end(aLease('run3'), aReply('Half', 0, { finishReason: 'error', error, at: LATER }));
  await sessions.accept(aTurn({ runId: 'run4', replaces: 'run3', at: LATER }));
  await sessions.accept(aTurn({ runId: 'run5', content: 'Stopped', onBusy: 'queue', at: LATER }));
  await runs.askToStop('run5', 'cancelled', LATER);
  await runs.end(aLease('run4'), aReply(' ', 0, { finishReason: 'content_filter', at: LATER }));
  await sessions.label('session1', { metadata: { pinned: true } });
  return ['run1', 'run2', 'run3', 'run4', 'run5'];
}

async function ask({ runs }: Store, runId: string): Promise<void> {
  const calls = [{ callId: 'c1', toolName: 'read', arguments: { path: 'a' } }];
  const open = [{ callId: 'c1', state: 'open' as const, expiresAt: LATER }];
  const steps = [{ textEnd: 4, calls, results: [] }];
  const ending = anEnding({ finishReason: 'tool_calls', usage: USAGE });
  await runs.end(aLease(runId), { ...aReply('Look', 0), ending, steps, open });
}

function settling(runId: string, callId: string) {
  const request = { content: '', onBusy: undefined, onDisconnect: undefined, settles: [callId] };
  const settlements = [{ callId, status: 'ok' as const, content: 'found' }];
  const rest = { idempotencyKey: undefined, replicaIsFull: false, at: LATER, clientMilliseconds: 1000 };
  return { run: aRun({ id: runId, request }), settlements, ...rest };
}

async function wholeOf({ sessions }: Store): Promise<WholeSession> {
  const runs: WholeRun[] = [];
  for await (const page of sessions.records('session1')) runs.push(...page);
  const { id, createdAt, updatedAt, isTitled, title, metadata } = await sessions.find('session1');
  return { id, userId: undefined, createdAt, updatedAt, title: isTitled ? title : undefined, metadata, runs };
}

async function everythingIn({ sessions, runs }: Store, runIds: readonly string[]): Promise<unknown> {
  return {
    session: await sessions.find('session1'),
    list: await sessions.list(9, undefined),
    messages: await messagesIn(sessions, 'session1'),
    backwards: await latestMessagesIn(sessions, 'session1'),
    runs: (await Promise.all(runIds.map((id) => runs.find(id)))).map((run) => JSON.stringify(run, sorted)),
    answers: await Promise.all(runIds.map(async (id) => sessions.answerOf(await runs.find(id)))),
  };
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** A message that takes a turn of it back is answered. */
async function goesOn({ sessions, runs }: Store): Promise<void> {
  await sessions.accept(aTurn({ runId: 'next', replaces: 'run1', content: 'Again' }));
  await runs.end(aLease('next'), aReply('Yes'));
  const messages = await messagesIn(sessions, 'session1');
  expect(messages.map(({ content }) => content)).to.deep.equal(['Again', 'Yes']);
  expect(await sessions.find('session1')).to.include({ title: 'Again', preview: 'Yes', messageCount: 2 });
}

function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('There is none');
  return item;
}
