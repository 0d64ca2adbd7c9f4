import { expect } from 'chai';
import { Chance } from '../chaos/chance.js';
import { SeededRandom } from '../support/seeded-random.js';
import { growthOf, trendOf } from './trend.js';

/** Twenty measurements in half an hour: a level, a growth per hour, and noise around it. */
function series(level: number, growth: number, noise: number) {
  const chance = new Chance(new SeededRandom().seed);
  return Array.from({ length: 20 }, (_, index) => {
    const hours = index / 40;
    return { hours, value: level + growth * hours + (noise * chance.between(-1000, 1000)) / 1000 };
  });
}

describe('the trend of a series', () => {
  it('is the slope of a line without noise', () => {
    const { slope, margin, mean, isNoise } = trendOf(series(100, 40, 0));
    expect(slope).to.be.closeTo(40, 1e-6);
    expect(margin).to.be.closeTo(0, 1e-6);
    expect(mean).to.be.closeTo(109.5, 1e-6);
    expect(isNoise).to.equal(false);
  });

  it('is seen through noise, within its margin nearly always', () => {
    const { slope, margin, isNoise } = trendOf(series(100, 40, 2));
    expect(Math.abs(slope - 40)).to.be.lessThan(6 * margin);
    expect(isNoise).to.equal(false);
  });

  for (const [name, growth, noise] of [
    ['nothing grows', 0, 0],
    ['an hour adds a small share', 4, 0],
    ['it shrinks', -40, 1],
  ] as const) {
    it(`is noise when ${name}`, () => expect(trendOf(series(100, growth, noise)).isNoise).to.equal(true));
  }

  it('of too few measurements is refused', () => {
    expect(() => trendOf(series(1, 1, 1).slice(0, 9))).to.throw('too few');
  });

  it('is growth when it goes on, and none when it only finds its level', () => {
    const level = series(100, 0, 0.1).map(({ hours, value }) => ({ hours, value: value - 40 * Math.exp(-15 * hours) }));
    expect(trendOf(level).isNoise).to.equal(false);
    expect(growthOf(level)).to.equal(undefined);
    expect(growthOf(series(100, 40, 0.1))?.slope).to.be.closeTo(40, 5);
  });
});
