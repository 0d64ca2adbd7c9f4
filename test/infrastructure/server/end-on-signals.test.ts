import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { endOnSignals } from '../../../src/infrastructure/server/end-on-signals.js';
import { MemoryLogger } from '../../support/memory-logger.js';

class SignalledProcess extends EventEmitter {
  readonly exitCodes: number[] = [];

  exit(code: number): void {
    this.exitCodes.push(code);
  }
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'];

describe('a process that is told to end', () => {
  let clock: sinon.SinonFakeTimers;
  let signalled: SignalledProcess;
  let ends: number;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
    signalled = new SignalledProcess();
    ends = 0;
    endOnSignals(
      () => {
        ends += 1;
      },
      new MemoryLogger(),
      signalled,
    );
  });
  afterEach(() => clock.restore());

  for (const first of SIGNALS) {
    it(`ends once by ${first}, however many signals come within a second`, () => {
      for (const signal of [first, ...SIGNALS, first]) signalled.emit(signal, signal);
      clock.tick(999);
      for (const signal of SIGNALS) signalled.emit(signal, signal);
      expect(ends).to.equal(1);
      expect(signalled.exitCodes).to.deep.equal([]);
    });

    for (const second of SIGNALS) {
      it(`waits for nothing when ${second} comes a second after ${first}`, () => {
        signalled.emit(first, first);
        clock.tick(1000);
        signalled.emit(second, second);
        expect([ends, signalled.exitCodes]).to.deep.equal([1, [1]]);
      });
    }
  }
});
