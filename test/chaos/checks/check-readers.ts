import { type Facts, numberedFrames } from '../facts.js';
import type { FinalRun, NumberedFrame } from '../history.js';
import type { Violation } from '../violation.js';

/** What clients put together of all their streams is what the journal has: every event they saw, and no other end. */
export function checkReaders(facts: Facts): readonly Violation[] {
  const seen = Map.groupBy(
    facts.history.exchanges.flatMap(({ frames }) => numberedFrames(frames)),
    ({ run }) => run,
  );
  return [
    ...[...seen].flatMap(([run, frames]) => readingsOf(run, frames, facts.runs.get(run))),
    ...facts.history.sent.flatMap(({ number, outcome }) =>
      outcome === 'unanswered'
        ? [{ rule: 'ending never seen' as const, about: `message ${number}`, detail: 'its client gave up' }]
        : [],
    ),
  ];
}

function readingsOf(run: string, frames: readonly NumberedFrame[], final: FinalRun | undefined): readonly Violation[] {
  const about = `run ${run}`;
  const kept = new Map(numberedFrames(final?.journal ?? []).map((frame) => [frame.sequence, frame]));
  const first = new Map<number, string>();
  const violations: Violation[] = [];
  for (const frame of frames) {
    const told = JSON.stringify(withCode(frame, kept.get(frame.sequence)));
    const before = first.get(frame.sequence);
    if (before === undefined) first.set(frame.sequence, told);
    else if (before !== told)
      violations.push({ rule: 'different text for one event', about, detail: `${before}, then ${told}` });
  }
  for (const [sequence, told] of first) {
    const journalled = JSON.stringify(kept.get(sequence));
    if (journalled !== told)
      violations.push({
        rule: 'seen but not journalled',
        about,
        detail: `${told}; the journal has ${journalled ?? 'nothing'}`,
      });
  }
  return [...violations, ...earlyEnd(about, frames, kept.size)];
}

/** Some doors tell that a run failed, and not why. */
function withCode(told: NumberedFrame, kept: NumberedFrame | undefined): NumberedFrame {
  return told.type === 'error' && told.code === undefined && kept?.type === 'error' ? kept : told;
}

function earlyEnd(about: string, frames: readonly NumberedFrame[], journalled: number): readonly Violation[] {
  const end = frames.find(({ type, sequence }) => type === 'end' && sequence < journalled);
  if (end === undefined) return [];
  return [{ rule: 'end seen too early', about, detail: `the ending was number ${end.sequence} of ${journalled}` }];
}
