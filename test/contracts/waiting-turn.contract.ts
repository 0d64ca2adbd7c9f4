import { expect } from 'chai';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { CallNotAwaitingApproval, CallNotFound, CallNotYours, CallSettled } from '../../src/domain/call-errors.js';
import { IdempotencyMismatch, Overloaded, RunEnded, SessionBusy, SessionNotFound } from '../../src/domain/errors.js';
import type { Run } from '../../src/domain/run.js';
import type { Decision, GivenResult, Settlement } from '../../src/domain/settling.js';
import { aLease, anEnding, aReply, aRun, aTurn, errorOf, NEW_YEAR } from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';

const LATER = new Date(NEW_YEAR.getTime() + 60_000);

interface SettlingFields {
  readonly runId?: string;
  readonly key?: string;
  readonly replicaIsFull?: boolean;
  readonly sessionId?: string;
}

/** What every store promises of a turn that waits for calls. `open` gives an empty store, which looks at what is
 *  due. */
export function describeWaitingTurns(name: string, open: () => Promise<Store>): void {
  describe(`${name}, a turn that waits for calls`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
      await store.sessions.accept(aTurn());
    });
    afterEach(() => store.close());

    /** The run asks for these calls and ends. The second one needs a person. */
    async function ask(
      runId = 'run1',
      ids: readonly string[] = ['c1', 'c2'],
      expiresAt = LATER,
      served: readonly string[] = [],
    ): Promise<Run> {
      const calls = ids.map((callId) => ({
        callId,
        toolName: served.includes(callId) ? 'files/read' : 'read',
        arguments: { path: callId },
      }));
      const open = ids.map((callId, index) => ({
        callId,
        state: index === 1 ? ('awaiting_approval' as const) : ('open' as const),
        expiresAt,
      }));
      const steps = [{ textEnd: 4, calls, results: [] }];
      const ending = anEnding({ finishReason: 'tool_calls' });
      const reply = { ...aReply('Look', 0), ending, steps, open };
      return (await store.runs.end(aLease(runId), reply)).run;
    }

    function settle(settlements: readonly Settlement[], fields: SettlingFields = {}) {
      const { runId = 'run2', key, replicaIsFull = false, sessionId = 'session1' } = fields;
      const settles = settlements.map(({ callId }) => callId);
      const request = { content: '', onBusy: undefined, onDisconnect: undefined, settles };
      return store.sessions.settle({
        run: aRun({ id: runId, sessionId, request }),
        settlements,
        idempotencyKey: key,
        replicaIsFull,
        at: NEW_YEAR,
        clientMilliseconds: 600_000,
      });
    }

    const ok = (callId: string, content = 'found'): GivenResult => ({ callId, status: 'ok', content });
    const approve = (callId: string): Decision => ({ callId, decision: 'approve' });
    const reject = (callId: string, feedback?: string): Decision => ({ callId, decision: 'reject', feedback });

    async function told(): Promise<string[]> {
      const messages = await messagesIn(store.sessions, 'session1');
      return messages.map(({ role, content, status }) => `${role} ${content} ${status}`);
    }

    const openIds = async () => (await store.sessions.openCalls('session1')).map(({ callId }) => callId);

    it('is waiting, with its calls in their order, and nobody writes it', async () => {
      expect(await ask()).to.include({ status: 'completed', finishReason: 'tool_calls' });
      expect(await store.sessions.find('session1')).to.include({
        status: 'waiting',
        activeRunId: undefined,
        askedBy: 'run1',
        messageCount: 2,
      });
      const [first, second] = await store.sessions.openCalls('session1');
      expect(first).to.deep.include({ callId: 'c1', toolName: 'read', arguments: { path: 'c1' }, state: 'open' });
      expect(second).to.deep.include({ callId: 'c2', state: 'awaiting_approval', runId: 'run1', expiresAt: LATER });
      expect(await store.leases.claimOrphans(9)).to.deep.equal([]);
      expect((await messagesIn(store.sessions, 'session1'))[1]).to.have.nested.property('calls[1].callId', 'c2');
    });

    it('goes on with the last result, and has each in the order of the calls', async () => {
      await ask();
      expect(await settle([reject('c2', 'not that one')])).to.deep.include({ run: undefined, replayed: false });
      expect(await openIds()).to.deep.equal(['c1']);
      const { run, openCalls } = await settle([ok('c1')]);
      expect(run).to.deep.include({ id: 'run2', status: 'running', epoch: 1 });
      expect(run?.continues).to.deep.equal({ after: 'run1', turn: 'run1', steps: 1 });
      expect(openCalls).to.deep.equal([]);
      await store.runs.end(aLease('run2'), aReply('Done'));
      expect(await told()).to.deep.equal([
        'user Hello complete',
        'assistant Look complete',
        'tool found ok',
        'tool The user refused this call: not that one rejected',
        'assistant Done complete',
      ]);
      expect(await store.sessions.find('session1')).to.include({ status: 'idle', messageCount: 5 });
    });

    it('lets a call be made when a person agrees, and then gives its client time', async () => {
      await ask();
      const { openCalls } = await settle([{ callId: 'c2', decision: 'edit', arguments: { path: 'other' } }]);
      const edited = openCalls.find(({ callId }) => callId === 'c2');
      expect(edited).to.deep.include({ state: 'open', arguments: { path: 'other' }, decision: 'edit' });
      expect(edited?.expiresAt).to.deep.equal(new Date(NEW_YEAR.getTime() + 600_000));
      const [, asked] = await messagesIn(store.sessions, 'session1');
      expect(asked?.calls?.[1]?.arguments).to.deep.equal({ path: 'other' });
    });

    it('lets the run that goes on make a call that a person has allowed and a server runs, and keeps its result', async () => {
      await ask('run1', ['c1', 'c2'], LATER, ['c2']);
      expect(await errorOf(settle([ok('c2')]))).to.be.instanceOf(CallNotYours);
      expect(await settle([approve('c2')])).to.include({ run: undefined, replayed: false });
      expect(await settle([approve('c2')])).to.include({ run: undefined, replayed: true });
      expect(await openIds()).to.deep.equal(['c1']);
      const { run } = await settle([ok('c1')]);
      const allowed = [{ callId: 'c2', toolName: 'files/read', arguments: { path: 'c2' } }];
      expect((await store.runs.find('run2')).continues).to.deep.include({ after: 'run1', allowed });
      expect(run?.id).to.equal('run2');
      const result = { callId: 'c2', status: 'ok' as const, content: 'ran', at: NEW_YEAR };
      await store.runs.keepResults(aLease('run2'), [result]);
      await store.runs.keepResults(aLease('run2'), [{ ...result, content: 'again' }]);
      expect((await settle([approve('c2')], { runId: 'again' })).run?.id).to.equal('run2');
      expect(await errorOf(settle([reject('c2')], { runId: 'again' }))).to.be.instanceOf(CallSettled);
      await store.runs.end(aLease('run2'), aReply('Done'));
      expect(await errorOf(store.runs.keepResults(aLease('run2'), [result]))).to.be.instanceOf(RunEnded);
      expect((await told()).slice(2)).to.deep.equal(['tool found ok', 'tool ran ok', 'assistant Done complete']);
      expect(await store.sessions.find('session1')).to.include({ status: 'idle', messageCount: 5 });
    });

    for (const [finishReason, status] of [
      ['cancelled', 'skipped'],
      ['interrupted', 'error'],
    ] as const)
      it(`leaves no such call without a result when its run ends ${finishReason}`, async () => {
        await ask('run1', ['c1', 'c2'], LATER, ['c2']);
        await settle([ok('c1'), approve('c2')]);
        await store.runs.end(aLease('run2'), { ...aReply('', 0), ending: anEnding({ finishReason }) });
        const [, , , last, ...none] = await messagesIn(store.sessions, 'session1');
        expect(none).to.deep.equal([]);
        expect(last).to.include({ role: 'tool', status, runId: 'run1' });
        expect((await store.sessions.find('session1')).messageCount).to.equal(4);
        expect((await settle([approve('c2')], { runId: 'again' })).run?.id).to.equal('run2');
      });

    it('is told the same again as the first time, and nothing else', async () => {
      await ask();
      await settle([approve('c2')]);
      expect(await settle([approve('c2')], { runId: 'again1' })).to.include({ run: undefined, replayed: true });
      expect(await errorOf(settle([reject('c2')]))).to.be.instanceOf(CallSettled);
      await settle([ok('c1'), ok('c2')]);
      const again = await settle([ok('c1'), ok('c2')], { runId: 'again2' });
      expect(again.replayed).to.equal(true);
      expect(again.run?.id).to.equal('run2');
      for (const other of [ok('c1', 'other'), approve('c2'), reject('c1')])
        expect(await errorOf(settle([other], { runId: 'again3' }))).to.be.instanceOf(CallSettled);
      await store.runs.end(aLease('run2'), aReply('Done'));
      expect((await settle([ok('c1')], { runId: 'again4' })).run).to.include({ id: 'run2', status: 'completed' });
    });

    it('keeps the promise of an idempotency key', async () => {
      await ask('run1', ['c1']);
      await settle([ok('c1')], { key: 'key' });
      expect((await settle([ok('c1')], { key: 'key', runId: 'again' })).run?.id).to.equal('run2');
      const other = settle([ok('c1', 'other')], { key: 'key', runId: 'again' });
      expect(await errorOf(other)).to.be.instanceOf(IdempotencyMismatch);
    });

    it('refuses what is none of it, and then nothing has changed', async () => {
      await ask();
      expect(await errorOf(settle([ok('c1'), ok('c9')]))).to.be.instanceOf(CallNotFound);
      expect(await errorOf(settle([ok('c2'), approve('c1')]))).to.be.instanceOf(CallNotAwaitingApproval);
      expect(await errorOf(settle([ok('c1')], { sessionId: 'none' }))).to.be.instanceOf(SessionNotFound);
      const full = settle([ok('c1'), ok('c2')], { replicaIsFull: true });
      expect(await errorOf(full)).to.be.instanceOf(Overloaded);
      expect(await openIds()).to.deep.equal(['c1', 'c2']);
      expect(await store.sessions.find('session1')).to.include({ messageCount: 2 });
    });

    it('is settled once, however many settle it at once', async () => {
      await ask('run1', ['c1']);
      const all = Array.from({ length: 20 }, (_, index) => settle([ok('c1')], { runId: `next${index}` }));
      const settled = await Promise.all(all);
      expect(settled.filter(({ replayed }) => !replayed)).to.have.length(1);
      expect(new Set(settled.map(({ run }) => run?.id)).size).to.equal(1);
    });

    it('holds other messages back: they are refused, wait for its end, or skip its calls', async () => {
      await ask();
      const busy = await errorOf(store.sessions.accept(aTurn({ runId: 'other' })));
      expect(busy).to.be.instanceOf(SessionBusy);
      expect(busy).to.have.nested.property('openCalls[0].callId', 'c1');
      const queued = await store.sessions.accept(aTurn({ runId: 'queued', onBusy: 'queue' }));
      expect(queued.run.status).to.equal('queued');
      const { run } = await store.sessions.accept(aTurn({ runId: 'now', content: 'Stop', onBusy: 'interrupt' }));
      expect(run).to.include({ status: 'running', epoch: 1 });
      expect(await told()).to.deep.equal([
        'user Hello complete',
        'assistant Look complete',
        'tool This call was skipped. skipped',
        'tool This call was skipped. skipped',
        'user Stop complete',
        'user Hello complete',
      ]);
      expect(await store.sessions.find('session1')).to.include({ messageCount: 6, queuedRuns: 1 });
      expect(await errorOf(settle([ok('c1')]))).to.be.instanceOf(CallSettled);
    });

    it('is given up when somebody cancels its session, and the next turn comes', async () => {
      await ask();
      await store.sessions.accept(aTurn({ runId: 'queued', onBusy: 'queue' }));
      const { session, wasIdle, next } = await store.sessions.cancel('session1', NEW_YEAR, false);
      expect({ wasIdle, id: next?.id, status: session.status }).to.deep.equal({
        wasIdle: false,
        id: 'queued',
        status: 'running',
      });
      expect(await openIds()).to.deep.equal([]);
      const running = await store.sessions.cancel('session1', NEW_YEAR, false);
      expect(running).to.include({ wasIdle: false, next: undefined });
      expect(await store.runs.find('queued')).to.include({ status: 'running', stopCause: 'cancelled' });
      await store.runs.end(aLease('queued'), aReply('', 0, { finishReason: 'cancelled' }));
      expect(await store.sessions.cancel('session1', NEW_YEAR, false)).to.include({ wasIdle: true });
      expect(await errorOf(store.sessions.cancel('none', NEW_YEAR, false))).to.be.instanceOf(SessionNotFound);
    });

    it('ends when the time of a call is over, by whoever looks, and the next turn comes', async () => {
      await store.sessions.accept(aTurn({ runId: 'queued', onBusy: 'queue' }));
      await ask('run1', ['c1'], NEW_YEAR);
      const claimed = await store.leases.claimOrphans(9);
      expect(claimed.map(({ id, epoch }) => ({ id, epoch }))).to.deep.equal([{ id: 'queued', epoch: 1 }]);
      expect((await told())[2]).to.equal('tool Nobody answered this call in time. expired');
    });

    it('has none left where its run was asked to stop, or did not end well', async () => {
      await store.runs.askToStop('run1', 'cancelled', NEW_YEAR);
      await ask();
      expect(await store.sessions.find('session1')).to.include({ status: 'idle', messageCount: 4 });
      await store.sessions.accept(aTurn({ runId: 'run2' }));
      const calls = [{ callId: 'c3', toolName: 'read', arguments: {} }];
      const steps = [{ textEnd: 0, calls, results: [] }];
      await store.runs.end(aLease('run2'), { ...aReply('', 0, { finishReason: 'interrupted' }), steps });
      expect(await store.sessions.find('session1')).to.include({ status: 'idle', messageCount: 5 });
      expect(await errorOf(settle([ok('c3')], { runId: 'run3' }))).to.be.instanceOf(CallNotFound);
    });

    it('is refused whole where its last run was, so that no prompt holds it', async () => {
      await ask('run1', ['c1']);
      await settle([ok('c1')]);
      const error = { code: 'upstream_content_refused', message: 'No', retryable: false } as const;
      await store.runs.end(aLease('run2'), aReply('', 0, { finishReason: 'error', error }));
      const messages = await messagesIn(store.sessions, 'session1');
      expect(messages.map(({ role, isRefused }) => `${role} ${isRefused}`)).to.include.members(['tool true']);
      expect(messages).to.have.length(3);
    });

    it('is taken back whole by a message that replaces any run of it', async () => {
      await ask('run1', ['c1']);
      await settle([ok('c1')]);
      await store.runs.end(aLease('run2'), aReply('Done'));
      await store.sessions.accept(aTurn({ runId: 'run3', replaces: 'run2' }));
      expect(await told()).to.deep.equal(['user Hello complete']);
      expect(await store.sessions.find('session1')).to.include({ messageCount: 1 });
    });
  });
}
