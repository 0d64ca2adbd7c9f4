import type { Facts } from '../facts.js';
import type { Violation } from '../violation.js';

/** However often a message is sent with its key, it is accepted once and has one run. */
export function checkKeys(facts: Facts): readonly Violation[] {
  return facts.history.sent.flatMap(({ number }) => {
    const about = `message ${number}`;
    const violations: Violation[] = [];
    const runs = facts.runIdsOf(number);
    if (runs.length > 1) violations.push({ rule: 'two runs for one key', about, detail: runs.join(', ') });
    const fresh = facts.exchangesOf(number).filter(({ way, run, replayed }) => way === 'post' && run && !replayed);
    if (fresh.length > 1)
      violations.push({ rule: 'accepted twice', about, detail: `${fresh.length} answers say that it was new` });
    return violations;
  });
}
