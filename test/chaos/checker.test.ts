import { expect } from 'chai';
import { check } from './checker.js';
import { BUGS as PLAIN_BUGS } from './simulated-bugs.js';
import { DOOR_BUGS } from './simulated-door-bugs.js';
import { TOOL_BUGS } from './simulated-tool-bugs.js';
import { USER_BUGS } from './simulated-user-bugs.js';
import { simulateTrial } from './simulator.js';
import { RULES } from './violation.js';

const BUGS = [...PLAIN_BUGS, ...TOOL_BUGS, ...USER_BUGS, ...DOOR_BUGS];
const SOUND_TRIALS = 100;
const TRIALS_PER_BUG = 8;

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

  it('lets a replica that froze before it asked ask late, when it writes nothing', () => {
    const history = simulateTrial(1);
    const run = history.runs.find(({ finishReason, attempts }) => finishReason === 'stop' && attempts === 1);
    const call = history.calls.find(({ message }) => `run${message}` === run?.id);
    if (run?.endedAt === undefined || call === undefined) throw new Error('There is no run that was answered at once.');
    const late = { ...call, call: 2, replica: 'frozen', startedAt: run.endedAt + 5000, outcome: 'left' } as const;
    const taken = { run: run.id, replica: call.replica, at: call.startedAt - 1, epoch: 2 };
    const seen = {
      ...history,
      runs: history.runs.map((one) => (one === run ? { ...one, attempts: 2 } : one)),
      calls: [...history.calls, { ...late, endedAt: late.startedAt + 100 }],
      sightings: [...history.sightings, taken],
    };
    expect(check(seen).map(({ rule }) => rule)).to.deep.equal([]);
    expect(check({ ...seen, sightings: [] }).map(({ rule }) => rule)).to.include('written by a former owner');
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
