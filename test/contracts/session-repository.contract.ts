import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { MAX_PAGE_CHARACTERS, MAX_PAGE_TURNS } from '../../src/application/ports/session-repository.js';
import { type Choice, choiceOf } from '../../src/domain/choice.js';
import {
  type ErrorCode,
  IdempotencyMismatch,
  Overloaded,
  QueueFull,
  RunNotFound,
  SessionBusy,
  SessionNotFound,
} from '../../src/domain/errors.js';
import type { Message } from '../../src/domain/message.js';
import type { RunEnding } from '../../src/domain/run.js';
import type { WholeRun } from '../../src/domain/whole-session.js';
import {
  aLease,
  anAttempt,
  aReply,
  aSession,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  NEW_YEAR,
  type TurnFields,
} from '../support/builders.js';
import { keepManyTurns } from '../support/many-turns.js';
import { latestMessagesIn, messagesIn } from '../support/messages-in.js';
import { eventsOf } from '../support/pulled.js';

/** What every SessionRepository promises. `open` gives an empty store. */
export function describeSessionRepository(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a SessionRepository`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
    });

    afterEach(async () => {
      await store.close();
    });

    async function answer(runId: string, text = 'Hi'): Promise<void> {
      await store.runs.beginAttempt(aLease(runId), anAttempt());
      await store.journal.append(aLease(runId), chunks([text]), NEVER);
      await store.runs.end(aLease(runId), aReply(text, 1));
    }

    /** As many turns as a page may hold, and one more: a session that is told in several. */
    async function fillBeyondOnePage(): Promise<void> {
      for (let index = 0; index <= MAX_PAGE_TURNS; index += 1) {
        await store.sessions.accept(aTurn({ runId: `turn${index}`, content: `${index}` }));
        await store.runs.end(aLease(`turn${index}`), aReply());
      }
    }

    async function contents(sessionId = 'session1', upToRun?: string): Promise<string[]> {
      return (await messagesIn(store.sessions, sessionId, upToRun)).map(({ content }) => content);
    }

    describe('accept', () => {
      it('creates the session, stores the message and makes its run the active one', async () => {
        const { run, replayed } = await store.sessions.accept(aTurn());
        expect(replayed).to.equal(false);
        expect(run).to.include({ id: 'run1', status: 'running', attempts: 0 });
        const counts = { messageCount: 1, tellableCount: 1 };
        expect(await store.sessions.find('session1')).to.deep.equal(
          aSession({ ...counts, activeRunId: 'run1', status: 'running', title: 'Hello', preview: 'Hello' }),
        );
        expect(await messagesIn(store.sessions, 'session1')).to.deep.equal([
          {
            role: 'user',
            index: 1,
            content: 'Hello',
            status: 'complete',
            runId: 'run1',
            createdAt: NEW_YEAR,
            isRefused: false,
          },
        ]);
      });

      it('refuses a second message of a busy session, names its run and stores nothing', async () => {
        await store.sessions.accept(aTurn());
        const error = await errorOf(store.sessions.accept(aTurn({ runId: 'run2', content: 'Again' })));
        expect(error).to.be.instanceOf(SessionBusy).with.property('runId', 'run1');
        expect(await contents()).to.deep.equal(['Hello']);
        expect(await errorOf(store.runs.find('run2'))).to.be.instanceOf(RunNotFound);
      });

      it('lets exactly one of two messages win that come at once', async () => {
        const both = [aTurn({ runId: 'run1' }), aTurn({ runId: 'run2' })];
        const results = await Promise.allSettled(both.map((turn) => store.sessions.accept(turn)));
        expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
        expect(await contents()).to.have.length(1);
      });

      it('queues messages in the order in which they came, up to the limit', async () => {
        await store.sessions.accept(aTurn());
        for (const runId of ['run2', 'run3']) {
          const { run } = await store.sessions.accept(aTurn({ runId, content: runId, onBusy: 'queue', queueLimit: 2 }));
          expect(run.status).to.equal('queued');
        }
        const full = store.sessions.accept(aTurn({ runId: 'run4', onBusy: 'queue', queueLimit: 2 }));
        expect(await errorOf(full)).to.be.instanceOf(QueueFull);
        expect(await contents()).to.deep.equal(['Hello', 'run2', 'run3']);
        expect(await store.sessions.find('session1')).to.include({ queuedRuns: 2, messageCount: 3 });
      });

      it('puts an interrupting message ahead of the queue and asks the active run to stop', async () => {
        await store.sessions.accept(aTurn());
        await store.sessions.accept(aTurn({ runId: 'run2', content: 'queued', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'run3', content: 'urgent', onBusy: 'interrupt' }));
        expect(await store.runs.untilStopped(aLease(), NEVER)).to.equal('interrupted');
        expect(await contents()).to.deep.equal(['Hello', 'urgent', 'queued']);
        expect(
          (await store.runs.end(aLease('run1'), aReply('', 0, { finishReason: 'interrupted' }))).next?.id,
        ).to.equal('run3');
      });

      it('has one place beyond the limit for an interrupting message, and no second', async () => {
        await store.sessions.accept(aTurn({ queueLimit: 0 }));
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'interrupt', queueLimit: 0 }));
        const third = store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'interrupt', queueLimit: 0 }));
        expect(await errorOf(third)).to.be.instanceOf(QueueFull);
      });
    });

    it('begins no run on a full replica, but queues, rejects and repeats there as anywhere', async () => {
      const full = { replicaIsFull: true };
      expect(await errorOf(store.sessions.accept(aTurn(full)))).to.be.instanceOf(Overloaded);
      expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
      await store.sessions.accept(aTurn({ key: 'key' }));
      const rejected = store.sessions.accept(aTurn({ runId: 'run2', ...full }));
      expect(await errorOf(rejected)).to.be.instanceOf(SessionBusy);
      expect((await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue', ...full }))).run.status).to.equal(
        'queued',
      );
      expect(await store.sessions.accept(aTurn({ runId: 'run4', key: 'key', ...full }))).to.include({ replayed: true });
    });

    it('returns what it did when the same turn is given again, for its answer may have been lost', async () => {
      for (const turn of [aTurn(), aTurn({ runId: 'run2', onBusy: 'queue' })]) {
        const { run } = await store.sessions.accept(turn);
        expect(await store.sessions.accept(turn)).to.deep.equal({ run, replayed: false });
      }
      expect(await contents()).to.have.length(2);
      expect(await store.sessions.find('session1')).to.include({ messageCount: 2, queuedRuns: 1 });
    });

    describe('idempotency', () => {
      it('answers a known key with the run it started, also while busy, when full and after the end', async () => {
        await store.sessions.accept(aTurn({ key: 'key' }));
        const repeat = aTurn({ runId: 'run2', key: 'key', queueLimit: 0 });
        expect(await store.sessions.accept(repeat)).to.deep.include({ replayed: true });
        await answer('run1');
        const { run, replayed } = await store.sessions.accept(repeat);
        expect({ id: run.id, status: run.status, replayed }).to.deep.equal({
          id: 'run1',
          status: 'completed',
          replayed: true,
        });
        expect(await contents()).to.deep.equal(['Hello', 'Hi']);
      });

      it('starts one run for fifty messages with one key that come at once', async () => {
        const turns = Array.from({ length: 50 }, (_, index) => aTurn({ runId: `run${index}`, key: 'key' }));
        const accepted = await Promise.all(turns.map((turn) => store.sessions.accept(turn)));
        expect(new Set(accepted.map(({ run }) => run.id))).to.have.property('size', 1);
        expect(accepted.filter(({ replayed }) => !replayed)).to.have.length(1);
        expect(await contents()).to.have.length(1);
      });

      it('refuses a known key with another message', async () => {
        await store.sessions.accept(aTurn({ key: 'key' }));
        const other = aTurn({ runId: 'run2', key: 'key', content: 'Other' });
        expect(await errorOf(store.sessions.accept(other))).to.be.instanceOf(IdempotencyMismatch);
        expect(await errorOf(store.sessions.findAccepted(other))).to.be.instanceOf(IdempotencyMismatch);
      });

      it('does not use a key up with a refusal', async () => {
        await store.sessions.accept(aTurn());
        await errorOf(store.sessions.accept(aTurn({ runId: 'run2', key: 'key' })));
        await answer('run1');
        expect(await store.sessions.accept(aTurn({ runId: 'run3', key: 'key' }))).to.include({ replayed: false });
      });

      it('keeps the keys of each session apart', async () => {
        await store.sessions.accept(aTurn({ key: 'key' }));
        const other = aTurn({ runId: 'run2', sessionId: 'session2', key: 'key' });
        expect(await store.sessions.findAccepted(other)).to.equal(undefined);
        expect(await store.sessions.accept(other)).to.include({ replayed: false });
      });

      it('finds what a key started without changing anything', async () => {
        expect(await store.sessions.findAccepted(aTurn({ key: 'key' }))).to.equal(undefined);
        await store.sessions.accept(aTurn({ key: 'key' }));
        expect(await store.sessions.findAccepted(aTurn({ runId: 'run2', key: 'key' }))).to.include({ id: 'run1' });
        expect(await store.sessions.findAccepted(aTurn({ runId: 'run2', key: 'other' }))).to.equal(undefined);
      });
    });

    describe('messages', () => {
      it('tells the run of the last turn that has come, while it goes on and when it has ended', async () => {
        await store.sessions.accept(aTurn());
        await answer('run1');
        expect(await store.sessions.latestRun('session1')).to.include({ id: 'run1', status: 'completed' });
        await store.sessions.accept(aTurn({ runId: 'run2' }));
        await store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'queue' }));
        expect(await store.sessions.latestRun('session1')).to.include({ id: 'run2', status: 'running' });
        await answer('run2');
        expect(await store.sessions.latestRun('session1')).to.include({ id: 'run3', status: 'running' });
        expect(await errorOf(store.sessions.latestRun('unknown'))).to.be.instanceOf(SessionNotFound);
      });

      it('lists each user message followed by its answer, and the queue last', async () => {
        await store.sessions.accept(aTurn({ content: 'one' }));
        await store.sessions.accept(aTurn({ runId: 'run2', content: 'two', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'run3', content: 'three', onBusy: 'queue' }));
        await answer('run1', 'first');
        await answer('run2', 'second');
        expect(await contents()).to.deep.equal(['one', 'first', 'two', 'second', 'three']);
      });

      it('comes in pages that are never large, however long the session is, in order and each message once', async () => {
        const turns = MAX_PAGE_TURNS + 10;
        const large = 'x'.repeat(MAX_PAGE_CHARACTERS / 2);
        const answerOf = (index: number) => (index < 6 ? `${index}${large}` : `${index}`);
        await keepManyTurns(store, 'session1', turns, answerOf);
        const expected = Array.from({ length: turns }, (_, index) => [`question ${index}`, answerOf(index)]).flat();
        await store.sessions.accept(aTurn({ runId: 'active', content: 'active' }));
        await store.sessions.accept(aTurn({ runId: 'queued', content: 'queued', onBusy: 'queue' }));
        const pages: (readonly Message[])[] = [];
        for await (const page of store.sessions.messages('session1')) pages.push(page);
        expect(pages.flat().map(({ content }) => content)).to.deep.equal([...expected, 'active', 'queued']);
        expect(pages.length).to.be.greaterThan(3);
        for (const page of pages) {
          const users = page.filter(({ role }) => role === 'user');
          expect(users.length).to.be.within(1, MAX_PAGE_TURNS + 1);
          const last = users.at(-1)?.runId;
          const before = page
            .filter(({ runId }) => runId !== last)
            .reduce((sum, { content }) => sum + content.length, 0);
          expect(before).to.be.lessThan(MAX_PAGE_CHARACTERS);
        }
        expect(await contents('session1', 'active')).to.deep.equal([...expected, 'active']);
        expect(await contents('session1', `run${MAX_PAGE_TURNS}`)).to.have.length(2 * MAX_PAGE_TURNS + 2);
      }).timeout(60_000);

      it('lets others be served, and the session go on, between two pages', async () => {
        await keepManyTurns(store, 'session1', MAX_PAGE_TURNS + 1);
        const seen: string[] = [];
        for await (const page of store.sessions.messages('session1')) {
          seen.push(...page.map(({ content }) => content));
          const late = `late${seen.length}`;
          await store.sessions.accept(aTurn({ runId: late, sessionId: late }));
          await store.sessions
            .accept(aTurn({ runId: `of ${late}`, content: late, onBusy: 'interrupt' }))
            .catch(() => {});
        }
        const users = seen.filter((content) => content.startsWith('question'));
        expect(users).to.deep.equal(Array.from({ length: MAX_PAGE_TURNS + 1 }, (_, index) => `question ${index}`));
        expect(new Set(seen.filter((content) => content.startsWith('late'))).size).to.equal(
          seen.filter((content) => content.startsWith('late')).length,
        );
      }).timeout(60_000);

      it('ends with SessionNotFound when the session is deleted amid the reading', async () => {
        await keepManyTurns(store, 'session1', MAX_PAGE_TURNS + 1);
        const reading = store.sessions.messages('session1')[Symbol.asyncIterator]();
        expect((await reading.next()).done).to.equal(false);
        await store.sessions.delete('session1', NEW_YEAR);
        const gone = reading.next().then(
          ({ done, value }) => ({ done, value }),
          (error: unknown) => error,
        );
        expect(await gone).to.be.instanceOf(SessionNotFound);
      }).timeout(60_000);

      it('ends with the user message of the run it is asked up to', async () => {
        await store.sessions.accept(aTurn({ content: 'one' }));
        await store.sessions.accept(aTurn({ runId: 'run2', content: 'two', onBusy: 'queue' }));
        expect(await contents('session1', 'run1')).to.deep.equal(['one']);
        await answer('run1', 'first');
        expect(await contents('session1', 'run2')).to.deep.equal(['one', 'first', 'two']);
      });

      it('knows the turns that the provider refused for what they say', async () => {
        const failed = (code: ErrorCode) => ({ code, message: 'No.', retryable: false });
        const endings: readonly (readonly [Partial<RunEnding>, boolean])[] = [
          [{ finishReason: 'error', error: failed('upstream_content_refused') }, true],
          [{ finishReason: 'error', error: failed('upstream_too_long') }, true],
          [{ finishReason: 'error', error: failed('upstream_rejected') }, true],
          [{ finishReason: 'content_filter' }, true],
          [{ finishReason: 'error', error: failed('upstream_unauthorized') }, false],
          [{ finishReason: 'error', error: failed('upstream_unavailable') }, false],
          [{ finishReason: 'cancelled' }, false],
        ];
        for (const [index, [ending]] of endings.entries()) {
          const runId = `run${index}`;
          await store.sessions.accept(aTurn({ runId }));
          await store.runs.beginAttempt(aLease(runId), anAttempt());
          await store.journal.append(aLease(runId), chunks(['Hi']), NEVER);
          await store.runs.end(aLease(runId), aReply('Hi', 1, ending));
        }
        await store.sessions.accept(aTurn({ runId: 'last' }));
        const messages = await messagesIn(store.sessions, 'session1', 'last');
        const expected = endings.flatMap(([, isRefused]) => [isRefused, isRefused]);
        expect(messages.map(({ isRefused }) => isRefused)).to.deep.equal([...expected, false]);
      });

      it('keeps text as it is', async () => {
        const content = ' \u2028 "quotes" \\ \u{1f600} e\u0301 \ufeff\r\n\ttail ';
        await store.sessions.accept(aTurn({ content }));
        await answer('run1', content);
        expect(await contents()).to.deep.equal([content, content]);
      });

      it('refuses a session that is not there', async () => {
        expect(await errorOf(messagesIn(store.sessions, 'session1'))).to.be.instanceOf(SessionNotFound);
        expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
        expect(await errorOf(store.sessions.find('__proto__'))).to.be.instanceOf(SessionNotFound);
      });
    });

    describe('a message that takes turns back', () => {
      const ask = (fields: TurnFields) => store.sessions.accept(aTurn(fields));
      const turnsThrough = async (runId: string) => {
        const turns: WholeRun[] = [];
        for await (const page of store.sessions.turnsThrough(await store.runs.find(runId))) turns.push(...page);
        return turns;
      };

      beforeEach(async () => {
        for (const runId of ['run1', 'run2', 'run3']) {
          await ask({ runId, content: `question of ${runId}`, at: NEW_YEAR });
          await answer(runId, `answer of ${runId}`);
        }
      });

      it('stands where the turn stood, in the history and in its prompt, and all behind it is gone', async () => {
        const { run } = await ask({ runId: 'again', content: 'edited', replaces: 'run2' });
        expect(run.request.content).to.equal('edited');
        expect(await contents()).to.deep.equal(['question of run1', 'answer of run1', 'edited']);
        expect(await contents('session1', 'again')).to.deep.equal(['question of run1', 'answer of run1', 'edited']);
        await answer('again', 'new answer');
        expect(await contents()).to.deep.equal(['question of run1', 'answer of run1', 'edited', 'new answer']);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 4 });
      });

      it('asks again what that turn asked, where it has no content of its own', async () => {
        const { run } = await ask({ runId: 'again', replaces: 'run3' });
        expect(run.request.content).to.equal('question of run3');
        expect((await contents()).slice(3)).to.deep.equal(['answer of run2', 'question of run3']);
      });

      it('can be taken back itself, any number of times, and so can the first turn of all', async () => {
        for (const [index, replaces] of ['run3', 'again0', 'again1', 'again2'].entries()) {
          await ask({ runId: `again${index}`, replaces });
          await answer(`again${index}`, `answer ${index}`);
        }
        expect((await contents()).slice(4)).to.deep.equal(['question of run3', 'answer 3']);
        await ask({ runId: 'last', content: 'from the start', replaces: 'run1' });
        expect(await contents()).to.deep.equal(['from the start']);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 1 });
      });

      it('leaves the runs and journals that it takes back readable, and what they answered', async () => {
        await ask({ runId: 'again', replaces: 'run2' });
        const run = await store.runs.find('run3');
        expect(run.status).to.equal('completed');
        expect(await store.sessions.answerOf(run)).to.include({ text: 'answer of run3' });
        expect((await store.journal.position('run3')).last).to.be.greaterThan(0);
      });

      it('leaves the turns up to any run to be read, latest first, also where that was taken back or others wait', async () => {
        await ask({ runId: 'again', content: 'edited', replaces: 'run2' });
        await answer('again', 'new answer');
        await ask({ runId: 'now' });
        await ask({ runId: 'waiting', onBusy: 'queue' });
        for (const [runId, before] of [
          ['run1', ['run1']],
          ['run3', ['run3', 'run2', 'run1']],
          ['again', ['again', 'run1']],
          ['now', ['again', 'run1']],
        ] as const) {
          const ids = (await turnsThrough(runId)).map(({ birth }) => birth.id);
          expect(ids, runId).to.deep.equal(before);
        }
        const [turn] = await turnsThrough('again');
        expect(turn).to.deep.include({ answer: 'new answer' });
        expect(turn?.outcome).to.include({ finishReason: 'stop' });
      });

      it("is refused, with nothing changed, where no turn of the history is that run's", async () => {
        await ask({ runId: 'elsewhere', sessionId: 'session2' });
        await ask({ runId: 'again', replaces: 'run2' });
        await ask({ runId: 'waiting', onBusy: 'queue' });
        const before = [await contents(), await store.sessions.find('session1')];
        for (const replaces of ['none', 'elsewhere', 'run2', 'run3', 'waiting', '__proto__'])
          expect(await errorOf(ask({ runId: 'new', onBusy: 'queue', replaces })), replaces).to.be.instanceOf(
            RunNotFound,
          );
        expect([await contents(), await store.sessions.find('session1')]).to.deep.equal(before);
        expect(await errorOf(ask({ sessionId: 'session3', replaces: 'run1' }))).to.be.instanceOf(RunNotFound);
        expect(await errorOf(store.sessions.find('session3'))).to.be.instanceOf(SessionNotFound);
      });

      it('waits for its turn as any other, and takes back then what was said before it', async () => {
        await ask({ runId: 'run4', content: 'question of run4' });
        expect(await errorOf(ask({ runId: 'now', replaces: 'run2' }))).to.be.instanceOf(SessionBusy);
        await ask({ runId: 'again', onBusy: 'queue', replaces: 'run2' });
        await ask({ runId: 'behind', content: 'behind', onBusy: 'queue' });
        expect(await contents()).to.have.length(9);
        await answer('run4', 'answer of run4');
        expect(await contents()).to.deep.equal(['question of run1', 'answer of run1', 'question of run2', 'behind']);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 4, activeRunId: 'again' });
      });

      it('takes the running turn back, when it interrupts it', async () => {
        await ask({ runId: 'run4', content: 'question of run4' });
        await ask({ runId: 'again', content: 'better', onBusy: 'interrupt', replaces: 'run4' });
        await answer('run4', 'half an ans');
        expect((await contents()).slice(5)).to.deep.equal(['answer of run3', 'better']);
      });

      it('takes nothing back when it is stopped before its turn, and then was not said', async () => {
        await ask({ runId: 'run4', content: 'question of run4' });
        await ask({ runId: 'again', content: 'edited', onBusy: 'queue', replaces: 'run2' });
        await store.runs.askToStop('again', 'cancelled', NEW_YEAR);
        await answer('run4', 'answer of run4');
        expect((await contents()).slice(5)).to.deep.equal(['answer of run3', 'question of run4', 'answer of run4']);
        expect(await store.runs.find('again')).to.include({ status: 'cancelled' });
        expect(await store.sessions.find('session1')).to.include({ messageCount: 8, queuedRuns: 0 });
      });

      it('takes no message back that was stopped while it waited, before its turn would have come', async () => {
        await ask({ runId: 'run4', content: 'question of run4' });
        await ask({ runId: 'stopped', content: 'stopped', onBusy: 'queue' });
        await store.runs.askToStop('stopped', 'cancelled', NEW_YEAR);
        const replacing = { runId: 'again', content: 'edited', onBusy: 'queue' as const, replaces: 'stopped' };
        expect(await errorOf(ask(replacing))).to.be.instanceOf(RunNotFound);
        await answer('run4', 'answer of run4');
        await ask(replacing);
        expect((await contents()).slice(6)).to.deep.equal(['question of run4', 'answer of run4', 'edited']);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 9 });
      });

      it('is one message with its idempotency key, also when it asks again', async () => {
        const first = await ask({ runId: 'again', key: 'key1', replaces: 'run2' });
        const second = await ask({ runId: 'twice', key: 'key1', replaces: 'run2' });
        expect(second).to.deep.equal({ run: first.run, replayed: true });
        for (const other of [{ replaces: 'run1' }, { replaces: 'run2', content: 'question of run2' }, {}])
          expect(await errorOf(ask({ runId: 'other', key: 'key1', ...other }))).to.be.instanceOf(IdempotencyMismatch);
      });

      it('is found from either end of a long session without all that it took back', async () => {
        await ask({ runId: 'again', content: 'edited', replaces: 'run2' });
        await answer('again', 'new answer');
        await fillBeyondOnePage();
        const all = await messagesIn(store.sessions, 'session1');
        expect(all).to.have.length(4 + MAX_PAGE_TURNS + 1);
        expect(await latestMessagesIn(store.sessions, 'session1')).to.deep.equal(all.toReversed());
      });
    });

    describe('what a message chooses', () => {
      const ask = async (fields: TurnFields) => {
        const { run } = await store.sessions.accept(aTurn({ onBusy: 'queue', ...fields }));
        expect(choiceOf(await store.runs.find(run.id))).to.deep.equal(choiceOf(run));
        return run;
      };
      const choice: Choice = {
        agent: 'coder',
        model: 'mock:a',
        options: { temperature: 0, stop: 'END', seed: -1 },
        include: ['usage'],
        tools: [{ type: 'function', function: { name: 'read', parameters: { type: 'object' } }, approval: 'always' }],
        toolChoice: { type: 'function', function: { name: 'read' } },
        instructions: 'Be brief.',
        transcript: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }], name: 'ann' }],
      };

      it('is kept with its run', async () => {
        expect(choiceOf(await ask({ choice }))).to.deep.equal(choice);
        expect(choiceOf(await ask({ runId: 'run2', sessionId: 'session2' }))).to.deep.equal({});
      });

      it('leaves its agent, and nothing else, to the messages behind it', async () => {
        await ask({ choice });
        expect(choiceOf(await ask({ runId: 'run2' }))).to.deep.equal({ agent: 'coder' });
        expect(choiceOf(await ask({ runId: 'run3', choice: { agent: 'other' } }))).to.deep.equal({ agent: 'other' });
        await answer('run1', 'x');
        expect(choiceOf(await ask({ runId: 'run4', choice: { model: 'mock:b' } }))).to.deep.equal({
          agent: 'other',
          model: 'mock:b',
        });
        expect(choiceOf(await store.runs.find('run2'))).to.deep.equal({ agent: 'coder' });
      });

      it('leaves no agent where the message is refused', async () => {
        await ask({ choice: { agent: 'coder' } });
        expect(
          await errorOf(store.sessions.accept(aTurn({ runId: 'run2', choice: { agent: 'other' } }))),
        ).to.be.instanceOf(SessionBusy);
        expect(choiceOf(await ask({ runId: 'run3' }))).to.deep.equal({ agent: 'coder' });
      });

      it('holds when it is asked again, but for what the new message chooses itself', async () => {
        await ask({ choice });
        await answer('run1', 'x');
        await ask({ runId: 'run2', choice: { agent: 'other' } });
        await answer('run2', 'x');
        const own: Choice = { options: { top_p: 1 }, include: [] };
        const again = await ask({ runId: 'again', replaces: 'run1', choice: own });
        expect(choiceOf(again)).to.deep.equal({ ...choice, ...own });
        await answer('again', 'x');
        expect(choiceOf(await ask({ runId: 'more', replaces: 'again' }))).to.deep.equal({ ...choice, ...own });
        await answer('more', 'x');
        expect(choiceOf(await ask({ runId: 'edit', replaces: 'more', content: 'edited' }))).to.deep.equal({
          agent: 'coder',
        });
      });

      it('is a part of what an idempotency key means', async () => {
        const first = await ask({ choice, key: 'key1' });
        const tools = choice.tools?.map((tool) => Object.fromEntries(Object.entries(tool).toReversed()));
        const same = { ...choice, options: { seed: -1, stop: 'END', temperature: 0 }, tools };
        const { run, replayed } = await store.sessions.accept(aTurn({ runId: 'run2', key: 'key1', choice: same }));
        expect([run.id, replayed]).to.deep.equal([first.id, true]);
        for (const [name, value] of Object.entries({
          agent: 'other',
          model: 'mock:b',
          options: { temperature: 0 },
          include: ['usage', 'reasoning'],
          tools: [],
          toolChoice: 'auto',
        })) {
          const turn = aTurn({ runId: 'run3', key: 'key1', choice: { ...choice, [name]: value } });
          expect(await errorOf(store.sessions.accept(turn)), name).to.be.instanceOf(IdempotencyMismatch);
        }
        for (const other of [{}, { choice, switching: {} }])
          expect(
            await errorOf(store.sessions.accept(aTurn({ runId: 'run3', key: 'key1', ...other }))),
          ).to.be.instanceOf(IdempotencyMismatch);
      });

      it('knows who the session was for when it goes over to another agent', async () => {
        const switching = { reason: 'she knows better' };
        for (const [runId, agent, from] of [
          ['run1', 'coder', 'default'],
          ['run2', 'writer', 'coder'],
          ['run3', 'writer', 'writer'],
        ] as const) {
          const run = await ask({ runId, choice: { agent }, switching });
          expect(run).to.include({ switchedFrom: from });
          expect(await store.runs.find(runId)).to.deep.include({ switchedFrom: from, request: run.request });
        }
      });
    });

    describe('list', () => {
      it('meets every session exactly once, newest first, page by page, though others come and go meanwhile', async () => {
        const at = (index: number) => new Date(NEW_YEAR.getTime() + Math.floor(index / 2));
        for (let index = 0; index < 7; index += 1) {
          await store.sessions.accept(aTurn({ runId: `run${index}`, sessionId: `session${index}`, at: at(index) }));
        }
        const first = await store.sessions.list(3, undefined);
        await store.sessions.accept(aTurn({ runId: 'late', sessionId: 'late', at: at(20) }));
        await store.sessions.delete(first[2]?.id ?? '', NEW_YEAR);
        const second = await store.sessions.list(9, first[2]);
        expect([...first, ...second].map(({ id }) => id)).to.deep.equal([
          'session6',
          'session4',
          'session5',
          'session2',
          'session3',
          'session0',
          'session1',
        ]);
      });
    });

    describe('delete', () => {
      it('removes the session with its messages, runs and keys, so that its id starts fresh', async () => {
        await store.sessions.accept(aTurn({ key: 'key' }));
        await answer('run1');
        await store.sessions.delete('session1', NEW_YEAR);
        expect(await errorOf(store.sessions.find('session1'))).to.be.instanceOf(SessionNotFound);
        expect(await errorOf(store.runs.find('run1'))).to.be.instanceOf(RunNotFound);
        expect(await errorOf(store.journal.position('run1'))).to.be.instanceOf(RunNotFound);
        const fresh = await store.sessions.accept(aTurn({ runId: 'run2', key: 'key' }));
        expect(fresh.replayed).to.equal(false);
        expect(await contents()).to.deep.equal(['Hello']);
      });

      it('ends active and queued runs as cancelled for the readers that are attached', async () => {
        await store.sessions.accept(aTurn());
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.journal.append(aLease('run1'), chunks(['Hi']), NEVER);
        const readers = ['run1', 'run2'].map((runId) => collect(eventsOf(store.journal, runId, 0, NEVER)));
        await new Promise(setImmediate);
        await store.sessions.delete('session1', NEW_YEAR);
        const [active, queued] = await Promise.all(readers);
        expect(active?.map(({ type }) => type)).to.deep.equal(['text-delta', 'run-end']);
        expect(queued).to.deep.equal([
          { type: 'run-end', sequence: 1, finishReason: 'cancelled', usage: undefined, at: NEW_YEAR },
        ]);
      });

      it('lets whoever found a run before read it to its ending, though the reading begins later', async () => {
        await store.sessions.accept(aTurn());
        await store.sessions.accept(aTurn({ runId: 'queued', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'silent', sessionId: 'session2' }));
        await store.sessions.accept(aTurn({ runId: 'ended', sessionId: 'session3' }));
        await store.journal.append(aLease('run1'), chunks(['H', 'i']), NEVER);
        await store.runs.end(aLease('ended', { sessionId: 'session3' }), aReply());
        for (const id of ['session1', 'session2', 'session3']) await store.sessions.delete(id, NEW_YEAR);
        const read = async (runId: string, after = 0) =>
          (await collect(eventsOf(store.journal, runId, after, NEVER))).map((event) =>
            event.type === 'run-end' ? `${event.sequence} ${event.finishReason}` : event.sequence,
          );
        expect(await read('run1')).to.deep.equal([1, 2, '3 cancelled']);
        expect(await read('run1', 1)).to.deep.equal([2, '3 cancelled']);
        expect(await read('queued')).to.deep.equal(['1 cancelled']);
        expect(await read('silent')).to.deep.equal(['1 cancelled']);
        expect(await read('ended')).to.deep.equal(['1 stop']);
        for (const runId of ['run1', 'queued', 'silent', 'ended']) {
          expect(await errorOf(store.runs.find(runId))).to.be.instanceOf(RunNotFound);
          expect(await errorOf(store.journal.position(runId))).to.be.instanceOf(RunNotFound);
        }
        expect(await errorOf(read('never was'))).to.be.instanceOf(RunNotFound);
      });

      it('tells the writer of the active run to stop, and takes nothing more from it', async () => {
        await store.sessions.accept(aTurn());
        const asked = store.runs.untilStopped(aLease(), NEVER);
        await store.sessions.delete('session1', NEW_YEAR);
        expect(await asked).to.equal('cancelled');
        expect(await store.runs.untilStopped(aLease(), NEVER)).to.equal('cancelled');
        await store.sessions.accept(aTurn({ runId: 'run2' }));
        expect(await store.runs.untilStopped(aLease(), NEVER)).to.equal('cancelled');
        expect(await errorOf(store.journal.append(aLease('run1'), chunks(['late']), NEVER))).to.be.instanceOf(
          RunNotFound,
        );
        expect(await errorOf(store.runs.end(aLease('run1'), aReply('late', 1)))).to.be.instanceOf(RunNotFound);
        expect(await contents()).to.deep.equal(['Hello']);
      });

      it('refuses a session that is not there', async () => {
        expect(await errorOf(store.sessions.delete('session1', NEW_YEAR))).to.be.instanceOf(SessionNotFound);
      });
    });
  });
}
