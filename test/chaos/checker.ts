import { checkAnswers } from './checks/check-answers.js';
import { checkCauses } from './checks/check-causes.js';
import { checkEndings } from './checks/check-endings.js';
import { checkHistory } from './checks/check-history.js';
import { checkJournals } from './checks/check-journals.js';
import { checkKeys } from './checks/check-keys.js';
import { checkReaders } from './checks/check-readers.js';
import { checkReplicas } from './checks/check-replicas.js';
import { checkStatuses } from './checks/check-statuses.js';
import { checkStreams } from './checks/check-streams.js';
import { checkTools } from './checks/check-tools.js';
import { checkTurns } from './checks/check-turns.js';
import { checkUsers } from './checks/check-users.js';
import { Facts } from './facts.js';
import type { History } from './history.js';
import type { Violation } from './violation.js';

export interface Verdict {
  /** What was promised. */
  readonly promise: string;
  readonly violations: readonly Violation[];
}

const CHECKS: readonly (readonly [promise: string, check: (facts: Facts) => readonly Violation[]])[] = [
  ['every stream has its events in order, without a gap or a repeat, and one ending', checkStreams],
  ['what clients saw is what the journal keeps', checkReaders],
  ['every journal is numbered without a gap and has one ending', checkJournals],
  ['a key has one message and one run', checkKeys],
  ['the history holds every message and every answer once, as journalled', checkHistory],
  ['every answer is of one attempt, and the model is not asked in vain', checkAnswers],
  ['every run ends, and in time', checkEndings],
  ['turns follow each other', checkTurns],
  ['no run ends badly without a cause', checkCauses],
  ['every request is answered as the protocol says', checkStatuses],
  ['every call is settled once, and its turn goes on or its time is over', checkTools],
  ['what a user says is there for that user alone, in lists too', checkUsers],
  ['replicas die only when they are killed', checkReplicas],
];

/** Each promise, with all that broke it. Looks at the history alone. */
export function judge(history: History): readonly Verdict[] {
  const facts = new Facts(history);
  return CHECKS.map(([promise, check]) => ({ promise, violations: check(facts) }));
}

/** All broken promises in one list. */
export function check(history: History): readonly Violation[] {
  return judge(history).flatMap(({ violations }) => violations);
}
