import type { Verdict } from './checker.js';
import { Facts } from './facts.js';
import type { History } from './history.js';
import { waitsOf } from './waits.js';

const MOST_SHOWN = 5;
const LONGEST_DETAIL = 300;

/** For people: what happened in a trial, and what came of each promise. */
export function reportOf(history: History, verdicts: readonly Verdict[]): string {
  const violations = verdicts.reduce((sum, verdict) => sum + verdict.violations.length, 0);
  return [...happenings(history), ...verdicts.flatMap(verdictLines), `violations ${violations}`].join('\n');
}

function happenings(history: History): readonly string[] {
  const { sent, exchanges, cancels, calls, lives, outages, runs } = history;
  const doors = new Map(sent.map(({ number, door }) => [number, door]));
  const ended = (end: string) => lives.filter((life) => life.end === end).length;
  const resumes = exchanges.filter(({ cursor, status }) => cursor > 0 && status === 200).length;
  const repeats = exchanges.filter(({ replayed }) => replayed).length;
  const frames = exchanges.reduce((sum, exchange) => sum + exchange.frames.length, 0);
  return [
    `kills ${ended('kill')}, freezes ${ended('freeze')}, stops ${ended('stop')}, store restarts ${outages.length}`,
    `messages sent ${sent.length}, accepted ${runs.length}, refused ${sent.filter(({ outcome }) => outcome === 'refused').length}`,
    `by door: ${counted(sent.map(({ door }) => door))}; streams ${counted(exchanges.map(({ message, way }) => `${doors.get(message)} ${way}`))}`,
    `runs ${counted(runs.map(({ finishReason, attempts }) => `${finishReason ?? 'open'}${attempts > 1 ? ' at attempt 2' : ''}`))}`,
    `requests ${exchanges.length}: ${counted(exchanges.map(({ status }) => String(status ?? 'no answer')))}`,
    `cuts ${exchanges.filter(({ closedBy }) => closedBy === 'client').length}, broken off ${exchanges.filter(({ closedBy }) => closedBy === 'network').length}, resumed ${resumes}, replayed ${repeats}, cancels ${cancels.length}`,
    `frames checked ${frames}, events journalled ${runs.reduce((sum, run) => sum + run.journal.length, 0)}, calls of the model ${calls.length}`,
    toolTurns(history),
    users(history),
    takeovers(history),
  ];
}

function toolTurns({ tools: { posts, prompts, sessions } }: History): string {
  const settled = sessions.flatMap(({ messages }) => messages.filter(({ role }) => role === 'tool'));
  const answers = counted(posts.map(({ what, status }) => `${what} ${status ?? 'no answer'}`));
  return `turns with tools: ${prompts.length} prompts, calls ${counted(settled.map(({ status }) => status))}; requests ${answers}`;
}

function users({ peeks, listings }: History): string {
  const told = counted(peeks.map(({ what, status }) => `${what} ${status ?? 'no answer'}`));
  return `sessions ${counted(listings.flatMap(({ user, sessions }) => sessions.map(() => `listed for ${user ?? 'all'}`)))}; of others ${told}`;
}

function takeovers(history: History): string {
  const waits = waitsOf(new Facts(history)).filter(({ isTakeover }) => isTakeover);
  const taken = waits.map(({ from, to }) => to - from).sort((left, right) => left - right);
  const counted = Math.max(0, ...waits.map((wait) => wait.counted));
  if (taken.length === 0) return 'takeovers 0';
  const seconds = (milliseconds = 0) => `${(milliseconds / 1000).toFixed(1)} s`;
  const median = seconds(taken[Math.floor(taken.length / 2)]);
  return `takeovers ${taken.length}: median ${median}, longest ${seconds(taken.at(-1))}, longest counted ${seconds(counted)}`;
}

/** Whether a promise was kept; when it was not, how often and the first of the violations. */
export function verdictLines({ promise, violations }: Verdict): readonly string[] {
  if (violations.length === 0) return [`  ok    ${promise}`];
  const shown = violations
    .slice(0, MOST_SHOWN)
    .map(
      ({ rule, about, detail }) => `          ${rule}: ${about}: ${JSON.stringify(detail).slice(0, LONGEST_DETAIL)}`,
    );
  const rules = counted(violations.map(({ rule }) => rule));
  return [`  FAIL  ${promise}: ${rules}`, ...shown];
}

function counted(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, (name) => name)].sort(([left], [right]) => left.localeCompare(right));
  return groups.map(([name, those]) => `${name} ${those.length}`).join(', ');
}
