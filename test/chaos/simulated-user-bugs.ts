import type { History } from './history.js';
import type { Bug } from './simulated-bugs.js';
import type { Listing, Peek } from './user-trace.js';

/** Mistakes in whose sessions are whose. */
export const USER_BUGS: readonly Bug[] = [
  bug(
    'the stream of a run is for everybody',
    'seen by another user',
    inPeeks((peek) => ({ ...peek, status: 200, text: `data: {"token":"${peek.message}.1.0 "}` })),
  ),
  bug(
    'an idempotency key means the message of another user',
    'seen by another user',
    inPeeks((peek) => ({ ...peek, text: `{"content":"message ${peek.message}: what is the answer?"}` })),
  ),
  bug(
    'whoever knows a run may cancel it',
    'not hidden from another user',
    inPeeks((peek) => (peek.what === 'cancel' ? { ...peek, status: 202, text: '' } : peek)),
  ),
  bug('sessions of the same id are one', 'told in another session', (history) => ({
    ...history,
    sessions: history.sessions.map((one) => ({ ...one, id: one.id.replace('alice', 'bob') })),
  })),
  bug(
    'a session that was begun while a replica died is in no list',
    'session not listed',
    inListings((sessions) => sessions.slice(1)),
  ),
  bug(
    'lists show the sessions of all',
    'foreign session listed',
    inListings((sessions) => [...sessions, 'bob/session-0', 'alice/session-0']),
  ),
  bug(
    'two pages of a list have the same session',
    'session listed twice',
    inListings((sessions) => [...sessions, ...sessions.slice(-1)]),
  ),
];

function bug(name: string, breaks: Bug['breaks'], history: (history: History) => History): Bug {
  return { name, breaks, fate: 'whole', history };
}

function inPeeks(change: (peek: Peek) => Peek) {
  return (history: History) => ({ ...history, peeks: history.peeks.map(change) });
}

function inListings(change: (sessions: Listing['sessions']) => Listing['sessions']) {
  return (history: History) => ({
    ...history,
    listings: history.listings.map((one) => ({ ...one, sessions: change(one.sessions) })),
  });
}
