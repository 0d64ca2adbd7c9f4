import type { Facts } from '../facts.js';
import type { FinalRun, SentMessage } from '../history.js';
import type { Violation } from '../violation.js';

/** Times are whole milliseconds, each rounded where it was taken. */
const ROUNDING_MS = 5;

/** In each session one run goes on at a time, in the order of the history; who was accepted first comes first, but for
 *  those that interrupt; and the model is told exactly what came before. */
export function checkTurns(facts: Facts): readonly Violation[] {
  return facts.history.sessions.flatMap(({ id }) => {
    const turns = facts.turnsOf(id);
    const order = turns.flatMap((run) => facts.messageOf(run.id) ?? []);
    return [...overlaps(facts, turns), ...overtaking(facts, order), ...prompts(facts, order)];
  });
}

function overlaps(facts: Facts, turns: readonly FinalRun[]): readonly Violation[] {
  const violations: Violation[] = [];
  let ended = 0;
  for (const run of turns) {
    const [first] = facts.callsOf(facts.messageOf(run.id)?.number ?? 0);
    if (first !== undefined && first.startedAt < ended - ROUNDING_MS) {
      const detail = `the model was asked for it ${ended - first.startedAt} ms before an earlier turn had ended`;
      violations.push({ rule: 'turns overlap', about: `run ${run.id}, session ${run.session}`, detail });
    }
    ended = Math.max(ended, run.endedAt ?? 0);
  }
  return violations;
}

function overtaking(facts: Facts, order: readonly SentMessage[]): readonly Violation[] {
  return order.flatMap((later, index) =>
    order.slice(0, index).flatMap((earlier) => {
      if (earlier.onBusy === 'interrupt' || firstSent(facts, earlier) <= acceptedAt(facts, later)) return [];
      const detail = `it stands behind message ${earlier.number}, which was sent when it had been accepted`;
      return [{ rule: 'turns out of order' as const, about: `message ${later.number}`, detail }];
    }),
  );
}

function firstSent(facts: Facts, { number }: SentMessage): number {
  return Math.min(...facts.exchangesOf(number).map(({ openedAt }) => openedAt));
}

/** When a client first knew it. */
function acceptedAt(facts: Facts, { number }: SentMessage): number {
  const accepted = facts.exchangesOf(number).filter(({ run }) => run !== undefined);
  return Math.min(...accepted.map(({ answeredAt }) => answeredAt ?? Number.POSITIVE_INFINITY));
}

function prompts(facts: Facts, order: readonly SentMessage[]): readonly Violation[] {
  return order.flatMap(({ number }, index) => {
    const expected = order.slice(0, index + 1).map((message) => message.number);
    const wrong = facts.callsOf(number).find(({ prompt }) => prompt.join() !== expected.join());
    if (wrong === undefined) return [];
    const detail = `it had the messages ${wrong.prompt.join()}, the history ${expected.join()}`;
    return [{ rule: 'prompt differs from the history' as const, about: `message ${number}`, detail }];
  });
}
