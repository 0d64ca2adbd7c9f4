import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { SystemClock } from '../../../src/infrastructure/system/system-clock.js';

describe('SystemClock', () => {
  it('tells the time of the machine', () => {
    const time = useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] });
    try {
      const clock = new SystemClock();
      expect(clock.now().toISOString()).to.equal('2023-11-14T22:13:20.000Z');
      time.tick(5);
      expect(clock.now().getTime()).to.equal(1_700_000_000_005);
    } finally {
      time.restore();
    }
  });
});
