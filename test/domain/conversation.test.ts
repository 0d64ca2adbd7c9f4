import { expect } from 'chai';
import { accept, beginAttempt, claim, end } from '../../src/domain/conversation.js';
import { LeaseLost, Overloaded, QueueFull, RunEnded, RunNotFound, SessionBusy } from '../../src/domain/errors.js';
import type { OnBusy, RunLease } from '../../src/domain/run.js';
import type { SessionChange } from '../../src/domain/session-change.js';
import {
  birthOf,
  dueAfter,
  type RunRecord,
  runIn,
  type SeenSession,
  sessionIn,
} from '../../src/domain/session-head.js';
import { endAll, stop } from '../../src/domain/stopping.js';
import { aLease, anAttempt, anEnding, aRun, NEW_YEAR } from '../support/builders.js';

const NOTHING: SeenSession = { head: undefined, runs: new Map(), keyed: undefined };
const LATER = new Date(NEW_YEAR.getTime() + 1000);

interface AcceptFields {
  readonly queueLimit?: number;
  readonly replicaIsFull?: boolean;
}

/** The session with a change made. */
function changed(seen: SeenSession, change: SessionChange | undefined): SeenSession {
  if (change === undefined) return seen;
  const runs = new Map<string, RunRecord>(seen.runs);
  if (change.birth !== undefined) runs.set(change.birth.id, { birth: change.birth, outcome: undefined });
  for (const { runId, outcome } of change.outcomes ?? []) {
    const known = runs.get(runId);
    if (known !== undefined) runs.set(runId, { ...known, outcome });
  }
  return { ...seen, head: change.head, runs };
}

function accepting(seen: SeenSession, id: string, onBusy: OnBusy = 'queue', fields: AcceptFields = {}): SessionChange {
  const { queueLimit = 8, replicaIsFull = false } = fields;
  return accept(seen.head, {
    birth: birthOf(aRun({ id })),
    onBusy,
    queueLimit,
    replicaIsFull,
    maxBytes: 1_000_000,
    writer: 'me',
  });
}

function accepted(seen: SeenSession, ids: readonly string[], onBusy?: OnBusy): SeenSession {
  return ids.reduce((now, id) => changed(now, accepting(now, id, onBusy)), seen);
}

function ending(seen: SeenSession, lease: RunLease, text = '', writer: string | undefined = 'me'): SessionChange {
  return end(seen, lease, anEnding(), { text, lastSequence: text.length }, writer);
}

function statuses({ head, runs }: SeenSession): Record<string, string> {
  if (head === undefined) return {};
  return Object.fromEntries([...runs].map(([id, record]) => [id, runIn(head, record).status]));
}

describe('a conversation', () => {
  const busy = accepted(NOTHING, ['run1']);

  describe('accepting a message', () => {
    it('begins the run at once where nothing runs, in the hands of who accepts it', () => {
      const change = accepting(NOTHING, 'run1');
      expect(change).to.deep.include({ begun: ['run1'], birth: birthOf(aRun()) });
      expect(change.head.active).to.deep.equal({
        id: 'run1',
        attempts: 0,
        epoch: 1,
        stopCause: undefined,
        writer: 'me',
      });
      expect(sessionIn(change.head)).to.deep.equal({
        id: 'session1',
        createdAt: NEW_YEAR,
        updatedAt: NEW_YEAR,
        messageCount: 1,
        tellableCount: 1,
        status: 'running',
        activeRunId: 'run1',
        askedBy: undefined,
        queuedRuns: 0,
        title: 'Hello',
        isTitled: false,
        preview: 'Hello',
        metadata: {},
        usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      });
    });

    it('refuses, queues or interrupts where a run goes on', () => {
      expect(() => accepting(busy, 'run2', 'reject'))
        .to.throw(SessionBusy)
        .with.property('runId', 'run1');
      const queued = accepted(busy, ['run2', 'run3']);
      expect(queued.head?.queue).to.deep.equal(['run2', 'run3']);
      const interrupting = accepting(queued, 'run4', 'interrupt');
      expect(interrupting.head.queue).to.deep.equal(['run4', 'run2', 'run3']);
      expect(interrupting.head.active?.stopCause).to.equal('interrupted');
      expect(interrupting.asked).to.deep.equal({ id: 'run1', writer: 'me' });
      expect(interrupting.begun).to.equal(undefined);
    });

    it('begins no run on a full replica, where it queues as anywhere', () => {
      expect(() => accepting(NOTHING, 'run1', 'queue', { replicaIsFull: true })).to.throw(Overloaded);
      expect(accepting(busy, 'run2', 'queue', { replicaIsFull: true }).head.queue).to.deep.equal(['run2']);
    });

    it('counts no stopped run against the limit of the queue, but keeps no more than 64 of them', () => {
      let seen = busy;
      for (let index = 0; index < 64; index += 1) {
        seen = accepted(seen, [`stopped${index}`]);
        seen = changed(seen, stop(seen, `stopped${index}`, 'cancelled', NEW_YEAR));
      }
      expect(() => accepting(seen, 'next', 'queue')).to.throw(QueueFull);
      const ended = changed(seen, ending(seen, aLease()));
      expect(ended.head).to.deep.include({ active: undefined, queue: [], stopped: [] });
      expect(accepting(ended, 'next').head.active?.id).to.equal('next');
    });
  });

  describe('ending a run', () => {
    it('keeps how it ended, and closes its journal', () => {
      const change = ending(busy, aLease(), 'Hi');
      expect(change.head).to.include({ active: undefined, messageCount: 2 });
      const outcome = { ...anEnding(), epoch: 1, attempts: 0, stopCause: undefined, next: undefined };
      expect(change.outcomes).to.deep.equal([{ runId: 'run1', outcome, answer: 'Hi', settled: [] }]);
      expect(change.endings?.map(({ runId, after }) => ({ runId, after }))).to.deep.equal([
        { runId: 'run1', after: 2 },
      ]);
      expect(ending(busy, aLease()).head.messageCount).to.equal(1);
    });

    it('gives the turn to the next run, or hands it over', () => {
      const queued = accepted(busy, ['run2', 'run3']);
      const own = ending(queued, aLease());
      expect(own).to.deep.include({ begun: ['run2'] });
      expect(own.head).to.deep.include({ queue: ['run3'] });
      expect(own.head.active).to.include({ id: 'run2', epoch: 1, writer: 'me' });
      expect(own.outcomes?.[0]?.outcome.next).to.equal('run2');
      const handedOver = end(queued, aLease(), anEnding(), { text: '', lastSequence: 0 }, undefined);
      expect(handedOver.head.active).to.include({ id: 'run2', epoch: 0, writer: undefined });
      expect(handedOver.outcomes?.[0]?.outcome.next).to.equal(undefined);
    });

    it('passes over those that were stopped in the queue, and they keep their places', () => {
      let seen = accepted(busy, ['run2', 'run3', 'run4', 'run5']);
      for (const id of ['run2', 'run4']) seen = changed(seen, stop(seen, id, 'cancelled', LATER));
      const first = ending(seen, aLease());
      expect(first.begun).to.deep.equal(['run2', 'run3']);
      expect(first.head).to.deep.include({ queue: ['run4', 'run5'], stopped: ['run4'] });
      const last = changed(seen, first);
      expect(ending(last, aLease('run3')).begun).to.deep.equal(['run4', 'run5']);
    });
  });

  describe('stopping a run', () => {
    it('asks the writer of the active one, the first cause only', () => {
      const change = stop(busy, 'run1', 'interrupted', LATER);
      expect(change?.asked).to.deep.equal({ id: 'run1', writer: 'me' });
      const asked = changed(busy, change);
      expect(stop(asked, 'run1', 'cancelled', LATER)).to.equal(undefined);
      const interrupted = accepting(changed(busy, stop(busy, 'run1', 'cancelled', LATER)), 'run2', 'interrupt');
      expect(interrupted.head.active?.stopCause).to.equal('cancelled');
    });

    it('ends one that waits there and then, once', () => {
      const queued = accepted(busy, ['run2']);
      const change = stop(queued, 'run2', 'cancelled', LATER);
      expect(change?.endings).to.deep.include({
        runId: 'run2',
        after: undefined,
        events: [{ type: 'run-end', sequence: 1, finishReason: 'cancelled', usage: undefined, at: LATER }],
      });
      const stopped = changed(queued, change);
      expect(statuses(stopped)).to.deep.equal({ run1: 'running', run2: 'cancelled' });
      expect(stop(stopped, 'run2', 'cancelled', LATER)).to.equal(undefined);
    });

    it('leaves an ended one as it is, and refuses one that is not there', () => {
      const ended = changed(busy, ending(busy, aLease()));
      expect(stop(ended, 'run1', 'cancelled', LATER)).to.equal(undefined);
      for (const seen of [busy, NOTHING]) expect(() => stop(seen, 'none', 'cancelled', LATER)).to.throw(RunNotFound);
    });
  });

  it('gives the run of a lost writer to a new one, with the next epoch', () => {
    const change = busy.head && claim(busy.head, 'other');
    expect(change?.head.active).to.include({ id: 'run1', epoch: 2, writer: 'other' });
    const ended = changed(busy, ending(busy, aLease()));
    expect(ended.head && claim(ended.head, 'other')).to.equal(undefined);
  });

  it('turns away whoever does not hold the run', () => {
    const queued = accepted(busy, ['run2']);
    const claimed = changed(queued, queued.head && claim(queued.head, 'other'));
    const handed = changed(queued, end(queued, aLease(), anEnding(), { text: '', lastSequence: 0 }, undefined));
    const cases: [SeenSession, RunLease, new (runId: string) => Error][] = [
      [NOTHING, aLease(), RunNotFound],
      [queued, aLease('none'), RunNotFound],
      [handed, aLease(), RunEnded],
      [claimed, aLease(), LeaseLost],
      [queued, aLease('run2'), LeaseLost],
      [queued, aLease('run2', { epoch: 0 }), LeaseLost],
      [handed, aLease('run2', { epoch: 0 }), LeaseLost],
      [handed, aLease('run2'), LeaseLost],
    ];
    for (const [seen, lease, kind] of cases) {
      expect(() => beginAttempt(seen, lease, anAttempt())).to.throw(kind);
      expect(() => ending(seen, lease)).to.throw(kind);
    }
    const { head } = beginAttempt(claimed, aLease('run1', { epoch: 2 }), anAttempt());
    expect(head.active).to.include({ attempts: 1, model: 'mock:fake-llm' });
  });

  it('is due when its writer has not been heard of for a lease, and what others do puts that off for nobody', () => {
    const due = (before: SeenSession, change: SessionChange | undefined) =>
      change && dueAfter(before.head, change.head, 1000);
    const queued = changed(busy, accepting(busy, 'run2'));
    const handingOver = end(queued, aLease(), anEnding(), { text: '', lastSequence: 0 }, undefined);
    const handedOver = changed(queued, handingOver);
    expect(due(NOTHING, accepting(NOTHING, 'run1'))).to.equal(1000);
    expect(due(queued, ending(queued, aLease()))).to.equal(1000);
    expect(due(queued, queued.head && claim(queued.head, 'other'))).to.equal(1000);
    expect(due(queued, handingOver)).to.equal(0);
    expect(due(handedOver, handedOver.head && claim(handedOver.head, 'other'))).to.equal(1000);
    expect(due(busy, ending(busy, aLease()))).to.equal('never');
    for (const [seen, change] of [
      [busy, accepting(busy, 'run2')],
      [handedOver, accepting(handedOver, 'run3', 'interrupt')],
      [queued, stop(queued, 'run2', 'cancelled', LATER)],
      [queued, stop(queued, 'run1', 'cancelled', LATER)],
      [busy, beginAttempt(busy, aLease(), anAttempt())],
    ] as const)
      expect(due(seen, change)).to.equal('unchanged');
  });

  it('closes what is open when it is deleted', () => {
    let seen = accepted(busy, ['run2', 'run3']);
    seen = changed(seen, stop(seen, 'run2', 'cancelled', LATER));
    const endings = seen.head === undefined ? [] : endAll(seen.head, LATER);
    expect(endings.map(({ runId }) => runId)).to.deep.equal(['run1', 'run3']);
    expect(endings.flatMap(({ events }) => events).map(({ type }) => type)).to.deep.equal(['run-end', 'run-end']);
  });
});
