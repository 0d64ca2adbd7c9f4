import { choiceOf } from './choice.js';
import type { Run, RunBirth } from './run.js';
import type { SessionChange } from './session-change.js';
import { type RunOutcome, runIn, type SessionHead } from './session-head.js';
import type { Metadata } from './session-labels.js';

/** A run that has ended, with all that is kept of it. */
export interface WholeRun {
  readonly birth: RunBirth;
  readonly outcome: RunOutcome;
  /** Empty where nothing was written. */
  readonly answer: string;
}

/** A session in which nothing goes on, as it is taken from one store to another. */
export interface WholeSession {
  readonly id: string;
  /** Whose it is; undefined: nobody's. */
  readonly userId: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** What somebody has called it. */
  readonly title: string | undefined;
  readonly metadata: Metadata;
  /** In the order in which their turns came, with those that were taken back. */
  readonly runs: readonly WholeRun[];
}

/** Its head without what the history tells: that has to be read first. */
export function unmeasuredHead({ runs, ...session }: WholeSession): SessionHead {
  const { id, userId, createdAt, updatedAt, title, metadata } = session;
  const isUnlisted = runs[0]?.birth.request.choice?.transcript !== undefined;
  const agent = agentOf(runs);
  return {
    id,
    ...(userId !== undefined && { userId }),
    createdAt,
    updatedAt,
    messageCount: 0,
    active: undefined,
    queue: [],
    stopped: [],
    ...(runs.some(({ birth }) => birth.takesBack !== undefined) && { wasRewound: true }),
    ...(agent !== undefined && { agent }),
    ...(title !== undefined && { title }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(isUnlisted && { isUnlisted }),
  };
}

/** The run as it stands. */
export function endedRunOf(whole: WholeRun): Run {
  return runIn({ active: undefined }, whole);
}

/** All of it in one step. */
export function bringing({ userId, runs }: WholeSession, head: SessionHead): SessionChange {
  return {
    head,
    brought: runs.map(({ birth }) => (userId === undefined ? birth : { ...birth, userId })),
    begun: runs.map(({ birth }) => birth.id),
    outcomes: runs.map(({ birth, outcome, answer }) => ({ runId: birth.id, outcome, answer })),
  };
}

/** Who the message was for that was accepted last, of those that were for somebody. */
function agentOf(runs: readonly WholeRun[]): string | undefined {
  const named = runs.filter(({ birth }) => choiceOf(birth).agent !== undefined);
  const last = named.toSorted((left, right) => left.birth.createdAt.getTime() - right.birth.createdAt.getTime()).at(-1);
  return last && choiceOf(last.birth).agent;
}
