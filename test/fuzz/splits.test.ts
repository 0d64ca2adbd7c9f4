import { expect } from 'chai';
import { Chance } from '../chaos/chance.js';
import { SeededRandom } from '../support/seeded-random.js';
import { splitStreams, wrongSplits } from './splits.js';

const SPLITS = 2000;

describe('event streams of an upstream', () => {
  it(`come to the same wherever they are cut, over ${SPLITS} splits of the recorded ones and of others`, async () => {
    const { seed } = new SeededRandom();
    const streams = await splitStreams(seed);
    expect(streams.length).to.be.greaterThan(1000);
    expect(
      wrongSplits(streams, SPLITS, new Chance(seed), () => {}),
      `seed ${seed}`,
    ).to.deep.equal([]);
  });
});
