import type { Facts } from '../facts.js';
import type { FinalSession, History } from '../history.js';
import { messagesIn, tokensIn } from '../model-answer.js';
import { sessionNamed } from '../session-name.js';
import { RECONNECT_MS, replicaStopping, storeAway } from '../timeline.js';
import type { Listing, Peek } from '../user-trace.js';
import type { Violation } from '../violation.js';

/** What a user says, and what is answered, is there for that user alone, whoever asks for it; and lists show each user
 *  every session of his and no other. */
export function checkUsers(facts: Facts): readonly Violation[] {
  const { peeks, sessions, listings } = facts.history;
  return [
    ...peeks.flatMap((peek) => [...seen(facts, peek), ...unforeseen(facts.history, peek)]),
    ...sessions.flatMap((session) => misplaced(facts, session)),
    ...listings.flatMap((listing) => listed(facts.history, listing)),
  ];
}

function seen(facts: Facts, { user, message, what, text }: Peek): readonly Violation[] {
  const numbers = [...new Set([...messagesIn(text), ...tokensIn(text)])];
  const foreign = numbers.filter((number) => ownerOf(facts, number) !== user);
  const about = `${what} of message ${message}`;
  return foreign.length === 0
    ? []
    : [{ rule: 'seen by another user', about, detail: `${user} saw of messages ${foreign.join()}` }];
}

function ownerOf(facts: Facts, number: number): string | undefined {
  return sessionNamed(facts.message(number)?.session ?? '').user;
}

/** Where one who asks may have a session of the same id, it is that one. */
const FORESEEN: Readonly<Record<Peek['what'], readonly number[]>> = {
  run: [404],
  stream: [404],
  cancel: [404],
  // No such run in this session, or any more.
  resume: [400, 410],
  response: [404],
  'response-cancel': [404],
  behind: [400],
  session: [404, 200],
  messages: [404, 200],
  chat: [204, 200],
  // It stops nothing, and says so to nobody.
  'chat-stop': [200],
};

function unforeseen(history: History, { user, message, what, at, status }: Peek): readonly Violation[] {
  if (status === undefined || FORESEEN[what].includes(status)) return [];
  const [from, to] = [at - RECONNECT_MS, at + RECONNECT_MS];
  if (status >= 500 && (storeAway(history, from, to) > 0 || replicaStopping(history, from, to))) return [];
  const about = `${what} of message ${message}`;
  return [{ rule: 'not hidden from another user', about, detail: `${user} was told ${status}` }];
}

/** Users have sessions of the same id, and what one of them said is in his. */
function misplaced(facts: Facts, { id, messages }: FinalSession): readonly Violation[] {
  const numbers = messages.flatMap(({ content }) => [...messagesIn(content), ...tokensIn(content)]);
  const foreign = [...new Set(numbers)].filter((number) => facts.message(number)?.session !== id);
  return foreign.map((number) => ({ rule: 'told in another session', about: `session ${id}`, detail: `${number}` }));
}

function listed(history: History, { user, order, sessions }: Listing): readonly Violation[] {
  const about = `list of ${user ?? 'all'} by ${order}`;
  const all = [...history.sessions, ...history.tools.sessions].filter(({ messages }) => messages.length > 0);
  const own = all.map(({ id }) => id).filter((id) => user === undefined || sessionNamed(id).user === user);
  const missing = own.filter((id) => !sessions.includes(id));
  const foreign = sessions.filter((id) => !own.includes(id));
  const twice = sessions.filter((id, place) => sessions.indexOf(id) !== place);
  return [
    ...missing.map((detail) => ({ rule: 'session not listed' as const, about, detail })),
    ...foreign.map((detail) => ({ rule: 'foreign session listed' as const, about, detail })),
    ...twice.map((detail) => ({ rule: 'session listed twice' as const, about, detail })),
  ];
}
