import type { Facts } from '../facts.js';
import type { History, ReplicaLife } from '../history.js';
import { storeAway } from '../timeline.js';
import type { Rule, Violation } from '../violation.js';

/** A replica lives until it is killed, and stops in time and with code 0 when it is told to. */
export function checkReplicas({ history }: Facts): readonly Violation[] {
  return history.lives.flatMap((life) => {
    const rule = ruleBrokenBy(history, life);
    const { replica, from, to = from, end, exitCode } = life;
    const detail = `${end}, code ${exitCode ?? 'none'}, at ${new Date(to).toISOString()}`;
    return rule === undefined ? [] : [{ rule, about: replica, detail }];
  });
}

function ruleBrokenBy(history: History, { end, exitCode, drainsFrom, to }: ReplicaLife): Rule | undefined {
  if (end === 'crash') return 'replica died';
  if (end === 'stuck') return 'replica did not stop';
  if (end !== 'stop' || exitCode === 0) return undefined;
  return storeAway(history, drainsFrom ?? 0, to ?? 0) > 0 ? undefined : 'replica did not stop';
}
