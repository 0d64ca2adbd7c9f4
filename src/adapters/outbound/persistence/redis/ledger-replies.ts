import type { Committed, History, Snapshot } from '../../../../application/ports/session-ledger.js';
import type { RunRecord } from '../../../../domain/session-head.js';
import { readHead, readOutcome } from '../ledger-codec.js';
import { readBirth } from '../stored-birth.js';
import { UnreadableRecord } from '../stored-fields.js';

/** Reads the answers of the scripts by hand and without a schema, because every step of every message needs some. */

export function snapshotIn(reply: unknown): Snapshot {
  const [revision, head, runs, keyed] = listIn(reply);
  const records = listIn(runs).map(recordIn);
  return {
    revision: textIn(revision),
    head: headIn(head),
    runs: new Map(records.flatMap((record) => (record === undefined ? [] : [[record.birth.id, record]]))),
    keyed: recordIn(keyed),
  };
}

/** What became of a step, and whether the session is due sooner than before. */
export function committedIn(reply: unknown): { readonly committed: Committed; readonly isSooner: boolean } {
  const [done, second, third, snapshot] = listIn(reply);
  if (done === 1) return { committed: { done: true, active: recordIn(third) }, isSooner: second === 1 };
  const runId = textIn(second);
  const gap = runId === undefined ? undefined : { runId, last: numberIn(third) };
  return { committed: { done: false, gap, snapshot: snapshotIn(snapshot) }, isSooner: false };
}

/** A page. One that was read from the end comes backwards. */
export function historyIn(reply: unknown): History | undefined {
  if (reply === null) return undefined;
  const [head, more, turns] = listIn(reply);
  const known = headIn(head);
  if (known === undefined) throw new UnreadableRecord('A page of a history has no head.');
  return { head: known, hasMore: more === 1, turns: listIn(turns).map(turnIn) };
}

function turnIn(reply: unknown): History['turns'][number] {
  const record = recordIn(reply);
  if (record === undefined) throw new UnreadableRecord('A turn of a history is not there.');
  return { ...record, answer: textIn(listIn(reply)[2]) ?? '' };
}

function headIn(reply: unknown) {
  const json = textIn(reply);
  return json === undefined ? undefined : readHead(json);
}

function recordIn(reply: unknown): RunRecord | undefined {
  if (reply === null || reply === undefined) return undefined;
  const [birth, outcome] = listIn(reply).map(textIn);
  if (birth === undefined) return undefined;
  return { birth: readBirth(birth), outcome: outcome === undefined ? undefined : readOutcome(outcome) };
}

export function listIn(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new UnreadableRecord('A script answered what is no list.');
}

function textIn(reply: unknown): string | undefined {
  if (reply === null || reply === undefined) return undefined;
  if (typeof reply === 'string') return reply;
  throw new UnreadableRecord('A script answered what is no text.');
}

export function numberIn(reply: unknown): number {
  if (typeof reply === 'number') return reply;
  throw new UnreadableRecord('A script answered what is no number.');
}
