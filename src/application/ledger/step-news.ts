import type { SessionHead } from '../../domain/session-head.js';
import { settledCalls } from '../../domain/settled-call.js';
import type { Snapshot, Step } from '../ports/session-ledger.js';
import type { StepObserver } from './step-observer.js';

/** What this process is told of the runs that it writes. */
interface OwnRuns {
  /** This process writes the run from now on, as the first one. */
  begins(runId: string): void;
  /** Somebody in this process asked a run to stop; it may be written anywhere. */
  asked(runId: string): void;
}

export interface StepNewsParts {
  /** The name of this process, which no other one ever has. */
  readonly writer: string;
  readonly ownRuns: OwnRuns;
  readonly observer: StepObserver;
}

/** Tells this process what a step that was kept means for the runs that it writes, and for its metrics. */
export class StepNews {
  constructor(private readonly parts: StepNewsParts) {}

  kept(seen: Snapshot, { head, asked, outcomes = [] }: Step): void {
    const { writer, ownRuns, observer } = this.parts;
    const { active } = head;
    if (active?.writer === writer && active.id !== seen.head?.active?.id) ownRuns.begins(active.id);
    if (asked !== undefined) ownRuns.asked(asked.id);
    for (const call of settledCalls(outcomes)) observer.callSettled(call);
  }

  removed(head: SessionHead | undefined): void {
    if (head?.active !== undefined) this.parts.ownRuns.asked(head.active.id);
  }
}
