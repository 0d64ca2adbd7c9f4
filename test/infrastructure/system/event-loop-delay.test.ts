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
    const end = performance.now() + 2 * WINDOW_MS;
    while (performance.now() < end) {
      block(400);
      await new Promise(setImmediate);
    }
    expect(loop.isOverLimit).to.equal(true);
    while (loop.isOverLimit) await delay(WINDOW_MS);
  });

  it('is not over the limit for one pause', async () => {
    block(600);
    await delay(WINDOW_MS);
    expect(loop.isOverLimit).to.equal(false);
  });
});
