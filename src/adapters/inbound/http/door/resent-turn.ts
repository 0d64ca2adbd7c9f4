import type { GivenResult } from '../../../../domain/settling.js';

/** A message of a history that its client sends whole each time. */
export interface ResentMessage {
  readonly role: string;
  readonly text: string;
  /** Of a result. */
  readonly callId?: string | undefined;
  readonly isError?: boolean | undefined;
}

/** What is new in it. */
export interface ResentTurn {
  /** Undefined where the client says nothing itself. */
  readonly content: string | undefined;
  readonly results: readonly GivenResult[];
}

/** Only what follows the last answer is new: of the rest, the session knows better. So a client that sends all and one
 *  that sends only what is new are understood alike. */
export function resentTurn(messages: readonly ResentMessage[]): ResentTurn {
  const fresh = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const texts = fresh.filter(({ role }) => role === 'user').map(({ text }) => text);
  return { content: texts.length === 0 ? undefined : texts.join('\n\n'), results: fresh.flatMap(resultIn) };
}

function resultIn({ role, callId, text, isError = false }: ResentMessage): readonly GivenResult[] {
  if (role !== 'tool' || callId === undefined) return [];
  return [{ callId, status: isError ? 'error' : 'ok', content: text }];
}
