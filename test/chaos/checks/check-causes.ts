import { type Facts, textOf } from '../facts.js';
import type { FinalRun, SentMessage } from '../history.js';
import { answerPlan } from '../model-answer.js';
import { replicaStopping, replicasLost, storeAway } from '../timeline.js';
import type { Rule, Violation } from '../violation.js';

/** No run ends otherwise than well unless somebody or something made it. */
export function checkCauses(facts: Facts): readonly Violation[] {
  return facts.history.runs.flatMap((run) => {
    const message = facts.messageOf(run.id);
    if (message === undefined || run.endedAt === undefined) return [];
    const rule = brokenRule(facts, { ...run, endedAt: run.endedAt }, message);
    if (rule === undefined) return [];
    const detail = `${run.finishReason}, attempts ${run.attempts}, ${textOf(run.journal).length} characters`;
    return [{ rule, about: `run ${run.id}, message ${message.number}`, detail }];
  });
}

/** A run that had two owners and no token has no third. */
const DEATHS_BY_POISON = 2;

type EndedRun = FinalRun & { readonly endedAt: number };

function brokenRule(facts: Facts, run: EndedRun, message: SentMessage): Rule | undefined {
  switch (run.finishReason) {
    case 'stop':
      return undefined;
    case 'cancelled':
      return wasCancelled(facts, run, message) ? undefined : 'ending without cause';
    case 'interrupted':
      return interruption(facts, run, message);
    case 'error':
      return hasFailed(facts, run, message) ? undefined : 'ending without cause';
    default:
      return 'ending without cause';
  }
}

function wasCancelled(facts: Facts, { id }: EndedRun, { onDisconnect }: SentMessage): boolean {
  return onDisconnect === 'cancel' || facts.history.cancels.some(({ run }) => run === id);
}

/** By another message, by a replica that was told to stop, or by the death of its owner when it had text. */
function interruption(facts: Facts, run: EndedRun, message: SentMessage): Rule | undefined {
  const { history } = facts;
  const { createdAt, endedAt } = run;
  const byMessage = history.sent.some(
    ({ number, session, onBusy }) =>
      onBusy === 'interrupt' &&
      session === message.session &&
      number !== message.number &&
      facts.exchangesOf(number).some(({ openedAt }) => openedAt <= endedAt),
  );
  if (byMessage || replicaStopping(history, createdAt, endedAt)) return undefined;
  if (replicasLost(history, createdAt, endedAt) === 0 && storeAway(history, createdAt, endedAt) === 0)
    return 'ending without cause';
  return textOf(run.journal) === '' ? 'not run again' : undefined;
}

/** Because the model failed, or because nothing was written and its owners died one after the other. */
function hasFailed({ history }: Facts, { createdAt, endedAt, journal }: EndedRun, message: SentMessage): boolean {
  if (answerPlan(message.number).fault !== undefined) return true;
  return textOf(journal) === '' && replicasLost(history, createdAt, endedAt) >= DEATHS_BY_POISON;
}
