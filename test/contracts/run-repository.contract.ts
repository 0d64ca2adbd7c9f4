import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { JournalGap, LeaseLost, RunEnded, RunNotFound } from '../../src/domain/errors.js';
import { aLease, anAttempt, aReply, aTurn, chunks, collect, errorOf, NEVER, NEW_YEAR } from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';
import { eventsOf } from '../support/pulled.js';

/** What every RunRepository promises. `open` gives an empty store. */
export function describeRunRepository(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a RunRepository`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
      await store.sessions.accept(aTurn());
    });

    afterEach(async () => {
      await store.close();
    });

    it('refuses a run that is not there', async () => {
      const { runs } = store;
      const calls = [
        runs.find('none'),
        runs.beginAttempt(aLease('none'), anAttempt()),
        runs.end(aLease('none'), aReply()),
        runs.askToStop('none', 'cancelled', NEW_YEAR),
        runs.forget('none'),
      ];
      for (const error of await Promise.all(calls.map(errorOf))) expect(error).to.be.instanceOf(RunNotFound);
    });

    it('gives back what was accepted', async () => {
      const request = { content: 'Hi', onBusy: 'queue', onDisconnect: 'cancel' } as const;
      const run = { ...aTurn({ runId: 'run2', sessionId: 'session2' }).run, request, onDisconnect: 'cancel' as const };
      await store.sessions.accept({ ...aTurn(), run });
      expect(await store.runs.find('run2')).to.deep.equal({ ...run, status: 'running', epoch: 1 });
    });

    it('counts each call of the upstream', async () => {
      expect(await store.runs.beginAttempt(aLease('run1'), anAttempt())).to.include({
        status: 'running',
        attempts: 1,
      });
      expect(await store.runs.beginAttempt(aLease('run1'), anAttempt({ number: 2 }))).to.include({ attempts: 2 });
      expect(await store.runs.find('run1')).to.include({ attempts: 2 });
    });

    it('counts a call once, whose beginning is told again', async () => {
      for (const number of [1, 1, 2, 2]) await store.runs.beginAttempt(aLease('run1'), anAttempt({ number }));
      expect(await store.runs.find('run1')).to.include({ attempts: 2 });
      expect((await store.runs.end(aLease('run1'), aReply())).run).to.include({ attempts: 2 });
    });

    it('knows the model that was asked last, also when the run has ended', async () => {
      expect(await store.runs.find('run1')).not.to.have.property('model');
      for (const [number, model] of [
        [1, 'vllm:a'],
        [2, 'openai:b:c'],
      ] as const) {
        await store.runs.beginAttempt(aLease('run1'), anAttempt({ number, model }));
        expect(await store.runs.find('run1')).to.include({ model });
      }
      expect((await store.runs.end(aLease('run1'), aReply())).run).to.include({ model: 'openai:b:c' });
      expect(await store.runs.find('run1')).to.include({ model: 'openai:b:c' });
    });

    describe('end', () => {
      it('stores ending, message and last events in one step, and frees the session', async () => {
        const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
        await store.journal.append(aLease('run1'), chunks(['Hi ', 'there']), NEVER);
        const { run, next } = await store.runs.end(
          aLease('run1'),
          aReply('Hi there', 2, { usage, finishReason: 'length' }),
        );
        expect(next).to.equal(undefined);
        expect(run).to.deep.include({ status: 'completed', finishReason: 'length', usage, endedAt: NEW_YEAR });
        expect(await store.runs.find('run1')).to.deep.equal(run);
        expect((await messagesIn(store.sessions, 'session1'))[1]).to.deep.equal({
          role: 'assistant',
          index: 1,
          content: 'Hi there',
          status: 'incomplete',
          runId: 'run1',
          createdAt: NEW_YEAR,
          isRefused: false,
        });
        expect(await collect(eventsOf(store.journal, 'run1', 2, NEVER))).to.deep.equal([
          { type: 'run-end', sequence: 3, finishReason: 'length', usage, at: NEW_YEAR },
        ]);
        expect(await store.sessions.find('session1')).to.include({ activeRunId: undefined, messageCount: 2 });
      });

      it('writes the error before the ending', async () => {
        const error = { code: 'upstream_timeout', message: 'Too slow', retryable: true } as const;
        const { run } = await store.runs.end(aLease('run1'), aReply('', 0, { finishReason: 'error', error }));
        expect(run).to.deep.include({ status: 'failed', error });
        expect(await collect(eventsOf(store.journal, 'run1', 0, NEVER))).to.deep.equal([
          { type: 'run-failure', sequence: 1, ...error },
          { type: 'run-end', sequence: 2, finishReason: 'error', usage: undefined, at: NEW_YEAR },
        ]);
      });

      it('keeps what was counted for the prompt, and tells it with the messages of the run', async () => {
        const counts = { by: 'words', of: { 'run0.assistant.1': 7, 'run1.user.1': 1 } };
        await store.runs.end(aLease('run1'), aReply('', 0, { counts }));
        for await (const page of store.sessions.latestMessages('session1'))
          expect(page.map((message) => message.counts)).to.deep.equal([counts]);
      });

      it('stores no message for an answer without a word', async () => {
        await store.runs.end(aLease('run1'), aReply('', 0, { finishReason: 'cancelled' }));
        expect(await messagesIn(store.sessions, 'session1')).to.have.length(1);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 1 });
      });

      it('keeps the first ending', async () => {
        await store.runs.end(aLease('run1'), aReply('', 0, { finishReason: 'cancelled' }));
        expect(await errorOf(store.runs.end(aLease('run1'), aReply('', 0)))).to.be.instanceOf(RunEnded);
        expect(await errorOf(store.runs.beginAttempt(aLease('run1'), anAttempt()))).to.be.instanceOf(RunEnded);
        expect(await store.runs.find('run1')).to.include({ finishReason: 'cancelled' });
        expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: true });
      });

      it('lets exactly one of two endings win that come at once', async () => {
        const endings = [aReply('', 0, { finishReason: 'cancelled' }), aReply('', 0)];
        const results = await Promise.allSettled(endings.map((ending) => store.runs.end(aLease('run1'), ending)));
        expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
        expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: true });
      });

      it('refuses an ending that does not follow what was journalled', async () => {
        await store.journal.append(aLease('run1'), chunks(['Hi']), NEVER);
        for (const last of [0, 2]) {
          expect(await errorOf(store.runs.end(aLease('run1'), aReply('Hi', last)))).to.be.instanceOf(JournalGap);
        }
        expect(await store.runs.find('run1')).to.include({ status: 'running' });
      });

      it('gives the turn to the next queued run', async () => {
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'queue' }));
        const { next } = await store.runs.end(aLease('run1'), aReply());
        expect(next).to.include({ id: 'run2', status: 'running', attempts: 0 });
        expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run2', queuedRuns: 1 });
      });
    });

    describe('end, given again because its answer was lost', () => {
      const reply = aReply('Hi', 1, { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } });

      beforeEach(() => store.journal.append(aLease('run1'), chunks(['Hi']), NEVER));

      it('is answered as the first time, and ends nothing twice', async () => {
        const first = await store.runs.end(aLease('run1'), reply);
        expect(await store.runs.end(aLease('run1'), reply)).to.deep.equal(first);
        expect(first).to.deep.include({ next: undefined });
        expect(await store.journal.position('run1')).to.deep.equal({ last: 2, ended: true });
        expect(await messagesIn(store.sessions, 'session1')).to.have.length(2);
        expect(await store.sessions.find('session1')).to.include({ messageCount: 2, activeRunId: undefined });
      });

      it('names the same next run, and gives no turn to the one behind that', async () => {
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'queue' }));
        const first = await store.runs.end(aLease('run1'), reply);
        expect(await store.runs.end(aLease('run1'), reply)).to.deep.equal(first);
        // A process that is told to stop meanwhile has that run all the same.
        expect(await store.runs.end(aLease('run1'), { ...reply, handsOver: true })).to.deep.equal(first);
        expect(first.next).to.include({ id: 'run2', epoch: 1 });
        expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run2', queuedRuns: 1 });
        expect(await store.leases.claimOrphans(9)).to.deep.equal([]);
      });

      it('hands the next run over only once, and does not take it back', async () => {
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.runs.end(aLease('run1'), { ...reply, handsOver: true });
        const again = () => store.runs.end(aLease('run1'), { ...reply, handsOver: true });
        expect(await again()).to.include({ next: undefined });
        const claimed = await store.leases.claimOrphans(9);
        expect(claimed.map(({ id, epoch }) => ({ id, epoch }))).to.deep.equal([{ id: 'run2', epoch: 1 }]);
        expect(await again()).to.include({ next: undefined });
        expect(await store.leases.claimOrphans(9)).to.deep.equal([]);
        expect(await store.runs.beginAttempt(aLease('run2'), anAttempt())).to.include({ attempts: 1 });
      });

      it('names no run that was accepted later, or that has ended since', async () => {
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.runs.end(aLease('run1'), reply);
        const second = aReply('', 0);
        await store.runs.end(aLease('run2'), second);
        await store.sessions.accept(aTurn({ runId: 'run3' }));
        expect(await store.runs.end(aLease('run1'), reply)).to.include({ next: undefined });
        expect(await store.runs.end(aLease('run2'), second)).to.include({ next: undefined });
        expect(await store.sessions.find('session1')).to.include({ activeRunId: 'run3' });
      });

      it('is refused where the run ended otherwise, or later, or in the hands of another', async () => {
        await store.runs.end(aLease('run1'), reply);
        const others = [
          store.runs.end(aLease('run1'), aReply('Hi', 1, { finishReason: 'length' })),
          store.runs.end(aLease('run1'), aReply('Hi', 1, { at: new Date(NEW_YEAR.getTime() + 1) })),
          store.runs.end(aLease('run1', { epoch: 2 }), reply),
        ];
        for (const error of await Promise.all(others.map(errorOf))) expect(error).to.be.instanceOf(RunEnded);
      });
    });

    it('takes nothing for a run that nobody has taken up: one that waits, and one that is handed over', async () => {
      await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
      const waits = await store.runs.find('run2');
      const writes = (epoch: number) => [
        store.runs.beginAttempt(aLease('run2', { epoch }), anAttempt()),
        store.runs.end(aLease('run2', { epoch }), aReply()),
        store.journal.append(aLease('run2', { epoch }), chunks(['a']), NEVER),
      ];
      for (const error of await Promise.all([...writes(0), ...writes(1)].map(errorOf)))
        expect(error).to.be.instanceOf(LeaseLost);
      expect(await store.runs.find('run2')).to.deep.equal(waits);
      await store.runs.end(aLease('run1'), { ...aReply(), handsOver: true });
      for (const error of await Promise.all([...writes(0), ...writes(1)].map(errorOf)))
        expect(error).to.be.instanceOf(LeaseLost);
      expect(await store.leases.renew([aLease('run2', { epoch: 0 })])).to.have.length(1);
      expect(await store.journal.position('run2')).to.deep.equal({ last: 0, ended: false });
      expect(await store.leases.claimOrphans(9)).to.have.length(1);
    });

    describe('stop', () => {
      it('is heard by the writer, the first cause only', async () => {
        const heard = store.runs.untilStopped(aLease(), NEVER);
        expect(await store.runs.askToStop('run1', 'interrupted', NEW_YEAR)).to.include({ status: 'running' });
        await store.runs.askToStop('run1', 'cancelled', NEW_YEAR);
        expect(await heard).to.equal('interrupted');
        expect(await store.runs.untilStopped(aLease(), NEVER)).to.equal('interrupted');
      });

      it('is waited for until the waiting ends', async () => {
        const waiting = new AbortController();
        const heard = store.runs.untilStopped(aLease(), waiting.signal);
        waiting.abort();
        expect(await heard).to.equal(undefined);
        expect(await store.runs.untilStopped(aLease(), waiting.signal)).to.equal(undefined);
      });

      it('ends a queued run at once, without a message, and gives its turn to the one behind it', async () => {
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.sessions.accept(aTurn({ runId: 'run3', onBusy: 'queue' }));
        const stopped = await store.runs.askToStop('run2', 'cancelled', NEW_YEAR);
        expect(stopped).to.deep.include({ status: 'cancelled', attempts: 0, endedAt: NEW_YEAR });
        expect(await collect(eventsOf(store.journal, 'run2', 0, NEVER))).to.deep.equal([
          { type: 'run-end', sequence: 1, finishReason: 'cancelled', usage: undefined, at: NEW_YEAR },
        ]);
        expect(await store.sessions.find('session1')).to.include({
          queuedRuns: 1,
          messageCount: 3,
          activeRunId: 'run1',
        });
        expect((await store.runs.end(aLease('run1'), aReply())).next?.id).to.equal('run3');
      });

      it('leaves an ended run as it is', async () => {
        const { run } = await store.runs.end(aLease('run1'), aReply());
        expect(await store.runs.askToStop('run1', 'cancelled', NEW_YEAR)).to.deep.equal(run);
        expect(await store.journal.position('run1')).to.deep.equal({ last: 1, ended: true });
      });
    });

    describe('forget', () => {
      it('is known of a run that has ended, and changes nothing else', async () => {
        await store.journal.append(aLease(), chunks(['Hi']), NEVER);
        const { run } = await store.runs.end(aLease(), aReply('Hi', 1));
        const before = [await store.sessions.find('session1'), await messagesIn(store.sessions, 'session1')];
        for (let times = 0; times < 2; times += 1)
          expect(await store.runs.forget('run1')).to.deep.equal({ ...run, isForgotten: true });
        expect(await store.runs.find('run1')).to.deep.equal({ ...run, isForgotten: true });
        expect([await store.sessions.find('session1'), await messagesIn(store.sessions, 'session1')]).to.deep.equal(
          before,
        );
        expect(await collect(eventsOf(store.journal, 'run1', 0, NEVER))).to.have.length(2);
      });

      it('leaves a run that goes on as it is, and its session too while another one goes on', async () => {
        expect(await store.runs.forget('run1'))
          .to.deep.equal(await store.runs.find('run1'))
          .and.not.have.property('isForgotten');
        await store.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
        await store.runs.end(aLease(), aReply());
        await store.runs.forget('run1');
        await store.runs.end(aLease('run2'), aReply('Hi'));
        expect(await store.runs.find('run1')).to.include({ isForgotten: true, status: 'completed' });
        expect(await store.runs.find('run2'))
          .to.include({ status: 'completed' })
          .and.not.have.property('isForgotten');
      });
    });
  });
}
