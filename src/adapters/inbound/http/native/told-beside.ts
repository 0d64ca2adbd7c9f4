import { createHash } from 'node:crypto';
import type { Agents } from '../../../../domain/agents.js';
import { type FieldProblem, UnfitFields } from '../../../../domain/field-problem.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import type { Message } from '../../../../domain/message.js';
import { isSameJson } from '../../../../domain/same-json.js';
import type { Session } from '../../../../domain/session.js';
import { endedRunOf, type WholeRun } from '../../../../domain/whole-session.js';
import { runView } from './run-view.js';
import { messageView, sessionView } from './session-view.js';

/** What a list that is wrong everywhere tells of. */
const MOST_PROBLEMS = 100;
/** Longer texts are remembered by their digests. */
const SHORT = 64;

/** What a document tells besides its runs, and what they say themselves. It is remembered in few bytes, to be compared
 *  when all of them have come. */
export class ToldBeside {
  private readonly runs: Fields[] = [];
  private readonly messages: unknown[] = [];

  takeRun(told: unknown): void {
    const { session_id, status } = isFields(told) ? told : {};
    this.runs.push({ session_id: short(session_id), status: short(status) });
  }

  takeMessage(told: unknown): void {
    this.messages.push(short(told));
  }

  /** Throws UnfitFields where it is not what the runs say. `agent` is not looked at, since whom it names depends on the
   *  agents that there are; nor is whose it is, which the runs do not say. */
  check(
    told: unknown,
    runs: readonly WholeRun[],
    session: Session,
    messages: readonly Message[],
    agents: Agents,
  ): void {
    const { agent: _agent, user_id: _user, ...view } = sessionView(session, agents);
    const problems = [
      ...differences(view, told, ['session']),
      ...entryDifferences(runs.map(statusView), this.runs, 'runs'),
      ...entryDifferences(messages.map(messageView), this.messages, 'messages'),
    ];
    if (problems.length > 0) throw new UnfitFields(problems.slice(0, MOST_PROBLEMS));
  }
}

function short(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= SHORT ? value : digestOf(value);
  if (Array.isArray(value)) return value.map(short);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, short(entry)]));
}

/** Longer than a text that is remembered as it is. */
function digestOf(text: string): string {
  return `${text.length}:${createHash('sha256').update(text).digest('hex')}`;
}

function statusView(run: WholeRun): object {
  const { session_id, status } = runView({ run: endedRunOf(run), openCalls: [] });
  return { session_id, status };
}

function entryDifferences(right: readonly object[], told: readonly unknown[], name: string): readonly FieldProblem[] {
  if (told.length !== right.length) return [{ path: [name], message: `must be the ${right.length} that the runs say` }];
  return right.flatMap((entry, index) => differences(entry, told[index], [name, index]));
}

function differences(right: object, told: unknown, path: readonly (string | number)[]): readonly FieldProblem[] {
  const given = isFields(told) ? told : {};
  return Object.entries(right).flatMap(([name, value]) =>
    isSameJson(short(value), given[name]) || isSameJson(value, given[name])
      ? []
      : [{ path: [...path, name], message: 'is not what the runs say' }],
  );
}
