import { sessionName } from './session-name.js';

/** Who has sessions. Undefined is nobody: a client without a user. */
export const USERS = [undefined, 'alice', 'bob'] as const;

/** A user who never says anything. */
export const STRANGER = 'eve';

/** Two clients share a session. */
const CLIENTS_PER_PAIR = 2;

/** Whom a client speaks for, and how it names its sessions. Users have clients alike, whose sessions have the same ids
 *  and the same keys; nobody's have ids of their own, for without a user an id of a user's session means that one. */
export class Person {
  readonly user: string | undefined;
  private readonly prefix: string;
  private readonly pair: number;
  private readonly place: number;

  constructor(index: number) {
    const pair = Math.floor(index / CLIENTS_PER_PAIR);
    this.user = USERS[pair % USERS.length];
    this.prefix = this.user === undefined ? 'any-' : '';
    this.pair = Math.floor(pair / USERS.length);
    this.place = this.pair * CLIENTS_PER_PAIR + (index % CLIENTS_PER_PAIR);
  }

  shared(number: number | ''): string {
    return sessionName({ user: this.user, id: `${this.prefix}shared-${this.pair}-${number}` });
  }

  /** What a session is called until it is known. */
  unnamed(number: number): string {
    return sessionName({ user: this.user, id: `${this.prefix}unnamed-${this.place}-${number}` });
  }

  own(number: number): string {
    return sessionName({ user: this.user, id: `${this.prefix}own-${this.place}-${number}` });
  }
}
