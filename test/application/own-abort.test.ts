import { expect } from 'chai';
import { ownAbort } from '../../src/application/own-abort.js';

describe('ownAbort', () => {
  it('aborts with the reason of the one that it follows', () => {
    const leader = new AbortController();
    const own = ownAbort(leader.signal);
    leader.abort('left');
    expect(own.signal.reason).to.equal('left');
  });

  it('has aborted where that one had', () => {
    expect(ownAbort(AbortSignal.abort('left')).signal.reason).to.equal('left');
  });

  it('aborts by itself, keeps that reason, and leaves the other one as it is', () => {
    const leader = new AbortController();
    const own = ownAbort(leader.signal);
    own.abort('late');
    expect(leader.signal.aborted).to.equal(false);
    leader.abort('left');
    expect(own.signal.reason).to.equal('late');
  });

  it('follows no longer when it has let go', () => {
    const leader = new AbortController();
    const own = ownAbort(leader.signal);
    own.letGo();
    leader.abort('left');
    expect(own.signal.aborted).to.equal(false);
  });
});
