import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { EventLoopDelay } from '../../../src/infrastructure/system/event-loop-delay.js';

const WINDOW_MS = 1100;

describe('EventLoopDelay', () => {
  let loop: EventLoopDelay;

  beforeEach(() => {
    loop = new EventLoopDelay(250);
    loop.measure();
  });
  afterEach(() => loop.stop());

  function block(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  }

  it('is over the limit when work has to wait for longer all the time, and no more when that is over', async () => {
    const end = performance.now() + 10 * WINDOW_MS;
    while (!loop.isOverLimit && performance.now() < end) {
      block(400);
      await new Promise(setImmediate);
    }
    expect(loop.isOverLimit).to.equal(true);
    while (loop.isOverLimit) await delay(WINDOW_MS);
  });

  it('is not over the limit for one pause, however long', async () => {
    block(2 * WINDOW_MS);
    for (let looks = 0; looks < 20; looks += 1) {
      await delay(WINDOW_MS / 10);
      expect(loop.isOverLimit).to.equal(false);
    }
  });
});
