import { expect } from 'chai';
import { newHead } from '../../src/domain/session-head.js';
import { updated, updatesOf } from '../../src/domain/updates.js';
import { aRun, NEW_YEAR } from '../support/builders.js';

const at = (milliseconds: number) => new Date(NEW_YEAR.getTime() + milliseconds);
const timesOf = (head: ReturnType<typeof newHead>) => [...updatesOf(head)].map((time) => time - NEW_YEAR.getTime());

describe('the updates of a session', () => {
  it('are told latest first, down to its creation', () => {
    const head = [5, 7, 30].reduce((before, time) => updated(before, at(time)), newHead(aRun()));
    expect(head.updatedAt).to.deep.equal(at(30));
    expect(timesOf(head)).to.deep.equal([30, 7, 5, 0, 0]);
  });

  it('never go back, and are one at one time, whatever clock tells them', () => {
    const head = updated(newHead(aRun()), at(5));
    for (const time of [5, 4, -1]) expect(updated(head, at(time))).to.equal(head);
  });

  it('are kept up to sixty-four', () => {
    let head = newHead(aRun());
    for (let time = 1; time <= 100; time += 1) head = updated(head, at(time));
    const times = Array.from({ length: 65 }, (_, index) => 100 - index);
    expect(timesOf(head)).to.deep.equal([...times, 0]);
  });
});
