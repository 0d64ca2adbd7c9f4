import { birthOf } from '../../src/domain/session-head.js';
import type { WholeRun, WholeSession } from '../../src/domain/whole-session.js';
import { aRun, NEW_YEAR } from './builders.js';

const LATER = new Date(NEW_YEAR.getTime() + 60_000);

export function anEndedRun(id: string, answer: string): WholeRun {
  const outcome = {
    finishReason: 'stop',
    attempts: 1,
    epoch: 1,
    at: LATER,
    usage: undefined,
    error: undefined,
    model: 'mock:fake-llm',
    context: undefined,
    stopCause: undefined,
    next: undefined,
  } as const;
  return { birth: birthOf(aRun({ id })), outcome, answer };
}

export function aWholeSession(runs: readonly WholeRun[]): WholeSession {
  return {
    id: 'session1',
    userId: undefined,
    createdAt: NEW_YEAR,
    updatedAt: LATER,
    title: undefined,
    metadata: {},
    runs,
  };
}
