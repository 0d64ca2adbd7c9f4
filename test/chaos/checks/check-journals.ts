import { type Facts, numberedFrames } from '../facts.js';
import type { FinalRun, NumberedFrame } from '../history.js';
import type { Rule, Violation } from '../violation.js';

const STATUS_OF_REASON: Readonly<Record<string, string>> = {
  stop: 'completed',
  length: 'completed',
  content_filter: 'completed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};

/** Every journal, as it is kept: numbered from 1 without a gap, with one ending, which is its last event and says what
 *  the run says. */
export function checkJournals({ history }: Facts): readonly Violation[] {
  return history.runs
    .filter(({ endedAt }) => endedAt !== undefined)
    .flatMap((run) => [...numbering(run), ...ending(run), ...agreement(run)]);
}

function numbering(run: FinalRun): readonly Violation[] {
  const wrong = numberedFrames(run.journal).findIndex(({ sequence }, index) => sequence !== index + 1);
  return wrong === -1 ? [] : [broken('journal misnumbered', run, `its event number ${wrong + 1} is another one`)];
}

function ending(run: FinalRun): readonly Violation[] {
  const frames = numberedFrames(run.journal);
  const ends = frames.filter(({ type }) => type === 'end').length;
  if (ends === 0) return [broken('journal without ending', run, `${frames.length} events`)];
  if (ends > 1) return [broken('two endings', run, `${ends} in the journal`)];
  const last = frames.at(-1);
  if (last?.type !== 'end') return [broken('event after the ending', run, JSON.stringify(last))];
  return misplacedError(run, frames);
}

function misplacedError(run: FinalRun, frames: readonly NumberedFrame[]): readonly Violation[] {
  const first = frames.findIndex(({ type }) => type === 'error');
  if (first === -1 || first === frames.length - 2) return [];
  return [broken('error not before the ending', run, `event ${first + 1} of ${frames.length}`)];
}

function agreement(run: FinalRun): readonly Violation[] {
  const end = numberedFrames(run.journal).find(({ type }) => type === 'end');
  const told = end?.type === 'end' ? end.finishReason : undefined;
  const reason = run.finishReason ?? 'none';
  const fits = told === reason && run.status === STATUS_OF_REASON[reason];
  if (told === undefined || fits) return [];
  return [broken('ending differs', run, `the journal says ${told}, the run ${run.status} and ${reason}`)];
}

function broken(rule: Rule, { id }: FinalRun, detail: string): Violation {
  return { rule, about: `run ${id}`, detail };
}
