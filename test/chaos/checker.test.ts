import { expect } from 'chai';
import { check } from './checker.js';
import { BUGS } from './simulated-bugs.js';
import { simulateTrial } from './simulator.js';
import { RULES } from './violation.js';

const SOUND_TRIALS = 500;
const TRIALS_PER_BUG = 40;

describe('the checker of the kill rig', () => {
  it(`finds nothing wrong in ${SOUND_TRIALS} trials of a service without a mistake`, () => {
    for (let seed = 0; seed < SOUND_TRIALS; seed += 1) {
      expect(check(simulateTrial(seed)), `seed ${seed}`).to.deep.equal([]);
    }
  });

  it('judges a history that was written down and read again as it judges the history itself', () => {
    for (const bug of BUGS) {
      const history = simulateTrial(1, bug);
      expect(check(JSON.parse(JSON.stringify(history))), bug.name).to.deep.equal(check(history));
    }
  });

  describe('finds, and names rightly:', () => {
    for (const bug of BUGS) {
      it(`${bug.name} (${bug.breaks})`, () => {
        for (let seed = 0; seed < TRIALS_PER_BUG; seed += 1) {
          const rules = check(simulateTrial(seed, bug)).map(({ rule }) => rule);
          expect(rules, `seed ${seed}`).to.include(bug.breaks);
        }
      });
    }
  });

  it('has a mistake to find for each of its rules', () => {
    const broken = new Set(BUGS.map(({ breaks }) => breaks));
    expect(RULES.filter((rule) => !broken.has(rule))).to.deep.equal([]);
  });
});
