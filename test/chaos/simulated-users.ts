import type { History } from './history.js';
import { STRANGER, USERS } from './people.js';
import { sessionNamed } from './session-name.js';
import type { Listing, Peek, PeekKind } from './user-trace.js';

type Told = Pick<History, 'sent' | 'sessions' | 'tools'>;

/** What a service without a mistake tells users of each other's sessions. */
export function simulatedPeeks({ sent }: Told): readonly Peek[] {
  const hidden: readonly (readonly [PeekKind, number])[] = [
    ['run', 404],
    ['stream', 404],
    ['resume', 410],
    ['cancel', 404],
    ['messages', 404],
    ['response', 404],
    ['behind', 400],
    ['chat', 204],
    ['chat-stop', 200],
  ];
  const code = '{"code":"run_not_found"}';
  return sent
    .slice(0, 3)
    .flatMap(({ number: message }) =>
      hidden.map(([what, status]) => ({ user: STRANGER, message, what, at: 0, status, text: code })),
    );
}

export function simulatedListings({ sessions, tools }: Told): readonly Listing[] {
  const names = [...sessions, ...tools.sessions].map(({ id }) => id);
  return [...USERS, STRANGER].map((user) => ({
    user,
    order: 'created',
    sessions: names.filter((name) => user === undefined || sessionNamed(name).user === user),
  }));
}
