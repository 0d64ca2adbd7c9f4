import { type Facts, nameOf } from '../facts.js';
import type { Exchange, History } from '../history.js';
import { nobodyUp, RECONNECT_MS, replicaStopping, replicasLost, storeAway } from '../timeline.js';
import type { Rule, Violation } from '../violation.js';

/** How long the trial may take to hear that a replica is gone, on a busy machine. */
const HEARD_MS = 1000;

/** Every request is answered as the protocol says, and every stream is whole unless its client left it, or a replica or
 *  the store was lost. */
export function checkStatuses(facts: Facts): readonly Violation[] {
  return facts.history.exchanges.flatMap((exchange) => {
    const rule = ruleBrokenBy(facts, exchange);
    if (rule === undefined) return [];
    const { status, code, closedBy, cursor } = exchange;
    const detail = `cursor ${cursor}, status ${status ?? 'none'} ${code ?? ''}, closed by the ${closedBy}`;
    return [{ rule, about: nameOf(exchange), detail }];
  });
}

function ruleBrokenBy(facts: Facts, exchange: Exchange): Rule | undefined {
  switch (exchange.status) {
    case undefined:
    case 200:
      if (!isBrokenOff(exchange) || isDisturbed(facts.history, exchange)) return undefined;
      return exchange.way === 'response' && hasSeenAll(facts, exchange) ? undefined : 'cut off without cause';
    case 204:
      return hasSeenAll(facts, exchange) || isElsewhere(facts, exchange) ? undefined : 'told there is no more';
    case 409:
    case 429:
      return mayBeRefused(facts, exchange) ? undefined : 'unforeseen status';
    case 503:
      return isUnavailable(facts.history, exchange) ? undefined : 'unforeseen status';
    default:
      return exchange.cursor > 0 ? 'cursor refused' : 'unforeseen status';
  }
}

function isBrokenOff({ closedBy, frames }: Exchange): boolean {
  if (closedBy === 'client') return false;
  return closedBy === 'network' || frames.at(-1)?.type !== 'done';
}

function isDisturbed(history: History, { openedAt, closedAt }: Exchange): boolean {
  const lost = replicasLost(history, openedAt - HEARD_MS, closedAt + HEARD_MS);
  const away = storeAway(history, openedAt, closedAt) + nobodyUp(history, openedAt - HEARD_MS, closedAt);
  return lost > 0 || away > 0;
}

function hasSeenAll(facts: Facts, { cursor, message }: Exchange): boolean {
  return facts.runIdsOf(message).some((run) => {
    const last = facts.runs.get(run)?.journal.findLast((frame) => frame.type === 'end');
    return last?.type === 'end' && last.sequence === cursor;
  });
}

/** A page that names an answer is told of it for as long as that is the latest of its session. */
function isElsewhere(facts: Facts, { way, message, closedAt }: Exchange): boolean {
  const [own] = facts.runIdsOf(message).flatMap((id) => facts.runs.get(id) ?? []);
  if (way !== 'reconnect' || own === undefined) return false;
  return facts.history.runs.some(
    ({ id, session, createdAt, endedAt = closedAt }) =>
      id !== own.id && session === own.session && createdAt <= closedAt && endedAt >= own.createdAt,
  );
}

/** Only a message that is new, and as its `on_busy` says: a key is looked up before. */
function mayBeRefused(facts: Facts, { message, way, status, openedAt }: Exchange): boolean {
  const wasAccepted = facts
    .exchangesOf(message)
    .some(({ run, answeredAt }) => run !== undefined && (answeredAt ?? openedAt) < openedAt);
  const rejects = facts.message(message)?.onBusy === 'reject';
  return way === 'post' && !wasAccepted && rejects === (status === 409);
}

function isUnavailable(history: History, { code, openedAt, closedAt }: Exchange): boolean {
  const from = openedAt - RECONNECT_MS;
  const isStopping = replicaStopping(history, from, closedAt);
  const isAway = storeAway(history, from, closedAt) > 0;
  // The AI SDK's door has sentences only.
  if (code === undefined) return isStopping || isAway;
  return code === 'shutting_down' ? isStopping : code === 'store_unavailable' && isAway;
}
