import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { PageTurns } from '../../../../../src/adapters/outbound/persistence/sqlite/page-turns.js';

describe('pages of histories that SQLite reads', () => {
  it('are read one in a turn of the event loop, in the order in which they were asked for', async () => {
    const turns = new PageTurns();
    let turn = 0;
    const read: string[] = [];
    const page = async (name: string) => {
      await turns.mine();
      read.push(`${name} in ${turn}`);
    };
    const reading = Promise.all([page('a'), page('b'), page('c')]);
    for (; turn < 4; turn += 1) await nextTurn();
    await reading;
    expect(read.map((entry) => entry.at(0))).to.deep.equal(['a', 'b', 'c']);
    expect(new Set(read.map((entry) => entry.at(-1))).size).to.equal(3);
  });

  it('are read at once where nobody has read one in this turn', async () => {
    const turns = new PageTurns();
    await turns.mine();
    await nextTurn();
    await nextTurn();
    let isMine = false;
    void turns.mine().then(() => {
      isMine = true;
    });
    await Promise.resolve();
    expect(isMine).to.equal(true);
  });
});
