import { expect } from 'chai';
import { CallNames } from '../../src/domain/call-names.js';

describe('the names of calls', () => {
  let ids: number;
  const names = (...taken: string[]) => {
    ids = 0;
    return new CallNames(taken, () => `own${++ids}`);
  };

  it("are the model's own where they are new in the session, else ours", () => {
    const given = names('old');
    const asked = ['new', 'old', 'new', undefined, 'with space', 'a'.repeat(129)];
    expect(asked.map((callId, index) => given.of({ index, callId }))).to.deep.equal([
      'new',
      'call_own1',
      'call_own2',
      'call_own3',
      'call_own4',
      'call_own5',
    ]);
  });

  it('stay as they were given first, whatever the model says later, until the next answer', () => {
    const given = names();
    const first = given.of({ index: 0, callId: undefined });
    expect(given.of({ index: 0, callId: 'late' })).to.equal(first);
    given.beginAnswer();
    expect(given.of({ index: 0, callId: 'late' })).to.equal('late');
    given.beginAnswer();
    expect(given.of({ index: 0, callId: 'late' })).to.equal('call_own2');
  });
});
