import { accept } from '../../domain/conversation.js';
import { RunNotFound } from '../../domain/errors.js';
import type { RunBirth } from '../../domain/run.js';
import { runIn, type SessionHead } from '../../domain/session-head.js';
import type { AskingRun } from '../../domain/waiting-turn.js';
import type { SessionLedger, Snapshot } from '../ports/session-ledger.js';
import type { AcceptedTurn, NewTurn } from '../ports/session-repository.js';
import { askingRun } from './asking-run.js';
import { isMeasured, measured } from './measured-head.js';
import { type Elsewhere, soleOwnerOf } from './owned-sessions.js';
import { sessionKeyOf } from './session-key.js';
import type { Decision } from './session-steps.js';
import { placedFor } from './take-back.js';

/** A message that is not known yet. */
export interface NewWord {
  readonly turn: NewTurn;
  readonly birth: RunBirth;
  /** The process that writes its run, if its turn is now. */
  readonly writer: string;
}

type Accepting = Decision<AcceptedTurn | Elsewhere> | Promise<Decision<AcceptedTurn | Elsewhere>>;

/** What becomes of a session with a message more: decided at once where nothing else has to be read. Throws as
 *  `SessionRepository.accept` does. */
export function acceptedInto(ledger: SessionLedger, seen: Snapshot, word: NewWord): Accepting {
  const { head } = seen;
  const { request, userId } = word.birth;
  if (head === undefined && userId === undefined) return begunUnlessElsewhere(ledger, seen, word);
  const isKnown = head === undefined || (isMeasured(head) && head.waiting === undefined);
  if (isKnown && request.replaces === undefined) return acceptedWith(head, word, undefined);
  return acceptedIn(ledger, head, word);
}

/** What nobody has may still be a user's. */
async function begunUnlessElsewhere(
  ledger: SessionLedger,
  seen: Snapshot,
  word: NewWord,
): Promise<Decision<AcceptedTurn | Elsewhere>> {
  const ownerElsewhere = await soleOwnerOf(ledger, word.birth.sessionId, seen);
  if (ownerElsewhere !== undefined) return { change: undefined, result: () => ({ ownerElsewhere }) };
  return acceptedIn(ledger, undefined, word);
}

/** For what has to be read before it can be decided. */
async function acceptedIn(ledger: SessionLedger, head: SessionHead | undefined, word: NewWord) {
  const { birth } = word;
  const key = sessionKeyOf(birth);
  const known = head && (await measured(ledger, key, head));
  const asking = await askingRun(ledger, key, known);
  const { replaces } = birth.request;
  if (replaces === undefined) return acceptedWith(known, word, asking);
  if (known === undefined) throw new RunNotFound(replaces);
  return acceptedWith(known, { ...word, birth: await placedFor(ledger, key, replaces, known, birth) }, asking);
}

function acceptedWith(
  head: SessionHead | undefined,
  { turn, birth, writer }: NewWord,
  asking: AskingRun | undefined,
): Decision<AcceptedTurn> | Promise<Decision<AcceptedTurn>> {
  const change = accept(head, { ...turn, birth, asking, writer, maxBytes: turn.maxSessionBytes });
  const run = runIn(change.head, { birth: change.birth, outcome: undefined });
  const decision = { change, key: turn.idempotencyKey, result: () => ({ run, replayed: false }) };
  const admitting = turn.admit?.(change.birth);
  return admitting === undefined ? decision : admitting.then(() => decision);
}
