import { expect } from 'chai';
import { QueueFull, SessionBusy } from '../../src/domain/errors.js';
import { placeOf, type Session } from '../../src/domain/session.js';
import { aSession } from '../support/builders.js';

const busy = (fields: Partial<Session> = {}): Session =>
  aSession({ messageCount: 1, tellableCount: 1, activeRunId: 'run1', status: 'running', ...fields });

describe('the turn of a message', () => {
  it('is now when nothing runs, whatever the rule', () => {
    const idle = busy({ activeRunId: undefined });
    for (const rule of ['reject', 'queue', 'interrupt'] as const) expect(placeOf(idle, rule, 0)).to.equal('now');
  });

  it('is refused while busy, with the run that is in the way', () => {
    expect(() => placeOf(busy(), 'reject', 8))
      .to.throw(SessionBusy)
      .with.property('runId', 'run1');
  });

  it('is last in the queue, or next when it interrupts', () => {
    expect(placeOf(busy({ queuedRuns: 7 }), 'queue', 8)).to.equal('last');
    expect(placeOf(busy({ queuedRuns: 8 }), 'interrupt', 8)).to.equal('next');
  });

  it('is refused when the queue is full', () => {
    expect(() => placeOf(busy({ queuedRuns: 8 }), 'queue', 8)).to.throw(QueueFull);
    expect(() => placeOf(busy({ queuedRuns: 9 }), 'interrupt', 8)).to.throw(QueueFull);
  });
});
