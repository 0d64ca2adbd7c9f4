import type { History, HistoryRange } from '../../../../application/ports/session-ledger.js';
import type { SessionHead } from '../../../../domain/session-head.js';
import { fittingOnePage } from '../turn-page.js';
import type { KeptRun } from './kept-session.js';

/** A page of these turns. Undefined where the session does not have the turn at which the page is to begin. */
export function historyOf(head: SessionHead, turns: readonly KeptRun[], range: HistoryRange): History | undefined {
  const { after, latest = false, limit } = range;
  const behind = placeOf(turns, after);
  if (after !== undefined && behind === -1) return undefined;
  const wanted = turns.slice(behind + 1, endOf(turns, range));
  const count = fittingOnePage(latest ? wanted.toReversed() : wanted, charactersOf, limit);
  const page = latest ? wanted.slice(wanted.length - count) : wanted.slice(0, count);
  return { head, turns: page.map(({ record, answer }) => ({ ...record, answer })), hasMore: count < wanted.length };
}

function endOf(turns: readonly KeptRun[], { before, through }: HistoryRange): number {
  const first = placeOf(turns, before);
  if (first !== -1) return first;
  const last = placeOf(turns, through);
  return last === -1 ? turns.length : last + 1;
}

function placeOf(turns: readonly KeptRun[], runId: string | undefined): number {
  return runId === undefined ? -1 : turns.findLastIndex(({ record }) => record.birth.id === runId);
}

function charactersOf({ record, answer }: KeptRun): number {
  return record.birth.request.content.length + answer.length;
}
