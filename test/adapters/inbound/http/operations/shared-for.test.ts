import { expect } from 'chai';
import sinon from 'sinon';
import { sharedFor } from '../../../../../src/adapters/inbound/http/operations/shared-for.js';
import { errorOf } from '../../../../support/builders.js';

describe('what is shared for a second', () => {
  let clock: sinon.SinonFakeTimers;
  let made: PromiseWithResolvers<string>[];
  let shared: () => Promise<string>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
    made = [];
    shared = sharedFor(1000, () => {
      const making = Promise.withResolvers<string>();
      made.push(making);
      return making.promise;
    });
  });
  afterEach(() => clock.restore());

  it('is made once for all who ask meanwhile, however long that takes', async () => {
    const first = shared();
    clock.tick(5000);
    const second = shared();
    made[0]?.resolve('one');
    expect(await Promise.all([first, second])).to.deep.equal(['one', 'one']);
    expect(made).to.have.length(1);
  });

  it('is made again a second after it was made, and not before', async () => {
    const first = shared();
    made[0]?.resolve('one');
    await first;
    clock.tick(999);
    expect(await shared()).to.equal('one');
    clock.tick(1);
    const second = shared();
    made[1]?.resolve('two');
    expect(await second).to.equal('two');
    expect(made).to.have.length(2);
  });

  it('is made again at once when it failed', async () => {
    const first = shared();
    made[0]?.reject(new Error('inner'));
    expect(await errorOf(first)).to.include({ message: 'inner' });
    const second = shared();
    made[1]?.resolve('two');
    expect(await second).to.equal('two');
  });
});
