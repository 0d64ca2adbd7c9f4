import { expect } from 'chai';
import fc from 'fast-check';
import type { Attempt } from '../../src/domain/attempt.js';
import { accept, beginAttempt, claim, end } from '../../src/domain/conversation.js';
import { DomainError } from '../../src/domain/errors.js';
import type { OnBusy, StopCause } from '../../src/domain/run.js';
import type { SessionChange } from '../../src/domain/session-change.js';
import {
  birthOf,
  fenceIn,
  type RunRecord,
  runIn,
  type SessionHead,
  sessionIn,
  waitingIn,
} from '../../src/domain/session-head.js';
import { stop } from '../../src/domain/stopping.js';
import { anAttempt, anEnding, aRun, NEW_YEAR } from '../support/builders.js';

type Step =
  | { readonly act: 'accept'; readonly onBusy: OnBusy; readonly isFull: boolean }
  | { readonly act: 'begin' | 'end' | 'hand over'; readonly run: number; readonly epoch: number }
  | { readonly act: 'stop'; readonly run: number; readonly cause: StopCause }
  | { readonly act: 'claim' };

const which = { run: fc.nat(12), epoch: fc.nat(3) };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: accepting() },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constantFrom<'begin' | 'end' | 'hand over'>('begin', 'end', 'hand over'),
        ...which,
      }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant<'stop'>('stop'), run: fc.nat(12), cause: causes() }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant<'claim'>('claim') }) },
  ),
  { maxLength: 60 },
);

function accepting() {
  const onBusy = fc.constantFrom<OnBusy>('reject', 'queue', 'interrupt');
  return fc.record({ act: fc.constant<'accept'>('accept'), onBusy, isFull: fc.boolean() });
}

function causes() {
  return fc.constantFrom<StopCause>('cancelled', 'interrupted');
}

/** All that was ever kept of one session. */
class Kept {
  head: SessionHead | undefined;
  readonly runs = new Map<string, RunRecord>();
  readonly begun: string[] = [];
  readonly fences: string[] = [];
  answers = 0;

  take(step: Step): void {
    const before = this.head;
    try {
      this.keep(this.decide(step));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      expect(this.head).to.equal(before);
    }
  }

  private decide(step: Step): SessionChange | undefined {
    const seen = { head: this.head, runs: this.runs, keyed: undefined };
    if (step.act === 'accept') {
      const birth = birthOf(aRun({ id: `run${this.runs.size}` }));
      return accept(this.head, {
        birth,
        onBusy: step.onBusy,
        queueLimit: 3,
        replicaIsFull: step.isFull,
        maxBytes: 1_000_000,
        writer: 'me',
      });
    }
    if (step.act === 'claim') return this.head && claim(this.head, 'other');
    const id = `run${step.run}`;
    if (step.act === 'stop') return stop(seen, id, step.cause, NEW_YEAR);
    const lease = { id, sessionId: 'session1', epoch: step.epoch };
    if (step.act === 'begin') return beginAttempt(seen, lease, this.nextAttempt());
    return end(seen, lease, anEnding(), { text: 'x', lastSequence: 1 }, step.act === 'end' ? 'me' : undefined);
  }

  private nextAttempt(): Attempt {
    return anAttempt({ number: (this.head?.active?.attempts ?? 0) + 1 });
  }

  private keep(change: SessionChange | undefined): void {
    if (change === undefined) return;
    const { head, birth, outcomes = [], begun = [], endings = [] } = change;
    this.head = head;
    if (birth !== undefined) {
      expect(this.runs.has(birth.id)).to.equal(false);
      this.runs.set(birth.id, { birth, outcome: undefined });
    }
    for (const { runId, outcome, answer } of outcomes) {
      const known = this.runs.get(runId);
      if (known === undefined) throw new Error(`${runId} ended and was never born`);
      expect(known.outcome, `${runId} ended twice`).to.equal(undefined);
      this.runs.set(runId, { ...known, outcome });
      if (answer !== '') this.answers += 1;
    }
    expect(endings.map(({ runId }) => runId)).to.deep.equal(outcomes.map(({ runId }) => runId));
    this.begun.push(...begun);
    const fence = fenceIn(head);
    if (fence !== undefined && this.fences.at(-1) !== fence) this.fences.push(fence);
  }

  check(): void {
    const { head } = this;
    if (head === undefined) return;
    const runs = [...this.runs.values()].map((record) => runIn(head, record));
    const running = runs.filter(({ status }) => status === 'running').map(({ id }) => id);
    expect(running, 'one active run').to.deep.equal(head.active === undefined ? [] : [head.active.id]);
    const queued = runs.filter(({ status }) => status === 'queued').map(({ id }) => id);
    expect(queued.toSorted(), 'no run lost').to.deep.equal(waitingIn(head).toSorted());
    expect([...this.begun, ...head.queue].toSorted(), 'each run in one place').to.deep.equal(
      [...this.runs.keys()].toSorted(),
    );
    if (head.active !== undefined) expect(this.begun.at(-1)).to.equal(head.active.id);
    else expect(head.queue).to.deep.equal([]);
    expect(new Set(this.fences).size, 'no fence comes again').to.equal(this.fences.length);
    expect(head.size?.bytes, 'every byte counted').to.equal(5 * runs.length + this.answers);
    expect(Object.keys(head.size?.waiting ?? {}).toSorted()).to.deep.equal(head.queue.toSorted());
    expect(sessionIn(head)).to.include({ messageCount: runs.length + this.answers, queuedRuns: queued.length });
  }
}

describe('a conversation of random steps', () => {
  it('has one active run, loses none, ends each once and gives no fence twice (property)', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const kept = new Kept();
        for (const step of taken) {
          kept.take(step);
          kept.check();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the first cause of a stop, and messages in the order in which they were queued (property)', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const kept = new Kept();
        const causes = new Map<string, StopCause>();
        let queue: readonly string[] = [];
        for (const step of taken) {
          kept.take(step);
          const { active, queue: now = [] } = kept.head ?? {};
          if (active?.stopCause !== undefined) {
            const first = causes.get(active.id) ?? active.stopCause;
            causes.set(active.id, first);
            expect(active.stopCause).to.equal(first);
          }
          const stayed = queue.filter((id) => now.includes(id));
          expect(now.filter((id) => stayed.includes(id))).to.deep.equal(stayed);
          queue = now;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes along what a newer version wrote into the head (property)', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const kept = new Kept();
        kept.take({ act: 'accept', onBusy: 'reject', isFull: false });
        if (kept.head?.active === undefined) throw new Error('nothing was accepted');
        kept.head = Object.assign({ title: 'new' }, kept.head);
        for (const step of taken) {
          kept.take(step);
          expect(kept.head).to.include({ title: 'new' });
        }
      }),
      { numRuns: 200 },
    );
  });
});
