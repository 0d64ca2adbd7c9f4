import { expect } from 'chai';
import { QueueFull, SessionBusy } from '../../src/domain/errors.js';
import { placeOf, type Session } from '../../src/domain/session.js';
import { NEW_YEAR } from '../support/builders.js';

function aSession(fields: Partial<Session> = {}): Session {
  return {
    id: 'session1',
    createdAt: NEW_YEAR,
    updatedAt: NEW_YEAR,
    messageCount: 1,
    tellableCount: 1,
    activeRunId: 'run1',
    status: 'running',
    askedBy: undefined,
    queuedRuns: 0,
    ...fields,
  };
}

describe('the turn of a message', () => {
  it('is now when nothing runs, whatever the rule', () => {
    const idle = aSession({ activeRunId: undefined });
    for (const rule of ['reject', 'queue', 'interrupt'] as const) expect(placeOf(idle, rule, 0)).to.equal('now');
  });

  it('is refused while busy, with the run that is in the way', () => {
    expect(() => placeOf(aSession(), 'reject', 8))
      .to.throw(SessionBusy)
      .with.property('runId', 'run1');
  });

  it('is last in the queue, or next when it interrupts', () => {
    expect(placeOf(aSession({ queuedRuns: 7 }), 'queue', 8)).to.equal('last');
    expect(placeOf(aSession({ queuedRuns: 8 }), 'interrupt', 8)).to.equal('next');
  });

  it('is refused when the queue is full', () => {
    expect(() => placeOf(aSession({ queuedRuns: 8 }), 'queue', 8)).to.throw(QueueFull);
    expect(() => placeOf(aSession({ queuedRuns: 9 }), 'interrupt', 8)).to.throw(QueueFull);
  });
});
