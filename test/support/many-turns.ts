import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import type { Step } from '../../src/application/ports/session-ledger.js';
import { accept, end } from '../../src/domain/conversation.js';
import type { SessionChange } from '../../src/domain/session-change.js';
import { birthOf, fenceIn, type SeenSession } from '../../src/domain/session-head.js';
import { aLease, anEnding, aRun } from './builders.js';

/** A session of so many answered turns, `run0` asking `question 0` and so on. Each is one step of the ledger, which the
 *  rules make of its beginning and its end: no model is asked and nothing is read. */
export async function keepManyTurns(
  { ledger }: Pick<Store, 'ledger'>,
  sessionId: string,
  turns: number,
  answerOf = (index: number): string => `answer ${index}`,
): Promise<void> {
  if (ledger === undefined) throw new Error('this store has no ledger');
  const key = sessionKeyOf({ sessionId });
  let head: SeenSession['head'];
  for (let index = 0; index < turns; index += 1) {
    const change = wholeTurn(head, sessionId, index, answerOf(index));
    const { done } = await ledger.commit(key, stepOf(change, index), {});
    if (!done) throw new Error(`Turn ${index} was not kept.`);
    head = change.head;
  }
}

function wholeTurn(head: SeenSession['head'], sessionId: string, index: number, text: string): SessionChange {
  const id = `run${index}`;
  const request = { content: `question ${index}`, onBusy: undefined, onDisconnect: undefined };
  const birth = birthOf(aRun({ id, sessionId, request }));
  const accepted = accept(head, {
    birth,
    onBusy: 'reject',
    queueLimit: 0,
    replicaIsFull: false,
    writer: 'me',
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  const seen = { head: accepted.head, runs: new Map([[id, { birth, outcome: undefined }]]), keyed: undefined };
  const ended = end(seen, aLease(id, { sessionId }), anEnding(), { text, lastSequence: 0 }, 'me');
  // Nobody reads what the journals hold.
  return { ...accepted, ...ended, begun: accepted.begun ?? [], endings: [] };
}

function stepOf(change: SessionChange, index: number): Step {
  return {
    ...change,
    seen: index === 0 ? undefined : `revision${index - 1}`,
    revision: `revision${index}`,
    fence: fenceIn(change.head),
    dueIn: 'never',
    isIdle: true,
    onlyIfDue: false,
    key: undefined,
    shelves: [],
  };
}
