import { type Facts, textOf } from '../facts.js';
import type { FinalRun, ModelCall } from '../history.js';
import { answerPlan, answerText } from '../model-answer.js';
import type { Violation } from '../violation.js';

const MOST_ATTEMPTS = 2;

/** What a run wrote is the beginning of one answer of the model, all of it when it is complete, and the model was asked
 *  no more often than the run says. */
export function checkAnswers(facts: Facts): readonly Violation[] {
  return [
    ...facts.history.runs.flatMap((run) => [...writtenText(facts, run), ...attempts(facts, run)]),
    ...askedForNothing(facts),
  ];
}

/** A run is answered again only when nothing was written, and from then on its former owner may not write. */
function writtenText(facts: Facts, run: FinalRun): readonly Violation[] {
  const text = textOf(run.journal);
  const number = facts.messageOf(run.id)?.number ?? 0;
  const answers = byOwner(facts, run).map(({ call }) => answerText(number, call));
  const about = `run ${run.id}, message ${number}`;
  const call = answers.findIndex((answer) => answer.startsWith(text));
  if (text === '') return run.finishReason === 'stop' ? [{ rule: 'answer cut short', about, detail: 'nothing' }] : [];
  if (call === -1) return [{ rule: 'attempts mixed', about, detail: `${answers.length} calls: ${text}` }];
  if (call < answers.length - 1)
    return [
      { rule: 'written by a former owner', about, detail: `the text is of owner ${call + 1} of ${answers.length}` },
    ];
  if (run.finishReason !== 'stop' || answers[call] === text) return [];
  return [{ rule: 'answer cut short', about, detail: `${text.length} of ${answers[call]?.length} characters` }];
}

/** The calls of a run in the order of its owners. A replica that froze before it asked may ask when its run has long
 *  been answered by the next one. */
function byOwner(facts: Facts, { id }: FinalRun): readonly ModelCall[] {
  const sightings = facts.history.sightings.filter(({ run }) => run === id);
  const ownerOf = ({ replica, startedAt }: ModelCall) =>
    Math.max(1, ...sightings.flatMap((one) => (one.replica === replica && one.at <= startedAt ? (one.epoch ?? 1) : 1)));
  const calls = facts.callsOf(facts.messageOf(id)?.number ?? 0);
  return calls.toSorted((one, other) => ownerOf(one) - ownerOf(other) || one.call - other.call);
}

function attempts(facts: Facts, { id, attempts }: FinalRun): readonly Violation[] {
  const number = facts.messageOf(id)?.number ?? 0;
  const asked = facts.callsOf(number).length;
  const about = `run ${id}`;
  const violations: Violation[] = [];
  if (asked > attempts)
    violations.push({ rule: 'asked more often than counted', about, detail: `${asked} calls, attempts ${attempts}` });
  if (attempts > MOST_ATTEMPTS && answerPlan(number).fault === undefined)
    violations.push({ rule: 'too many attempts', about, detail: `attempts ${attempts}` });
  return violations;
}

function askedForNothing(facts: Facts): readonly Violation[] {
  return [...facts.calls].flatMap(([message, calls]) => {
    const known = facts.runIdsOf(message).some((run) => facts.runs.has(run));
    if (known) return [];
    return [
      { rule: 'asked more often than counted', about: `message ${message}`, detail: `${calls.length} calls, no run` },
    ];
  });
}
