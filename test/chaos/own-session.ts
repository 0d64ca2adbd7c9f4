import type { Chance } from './chance.js';
import type { SentMessage } from './history.js';
import type { Person } from './people.js';

/** Where a message is said. */
export interface Place {
  readonly session: string;
  /** Begun by the message, which does not name it. */
  readonly isNew: boolean;
  /** The session's last word, where the client knows it for sure. */
  readonly runBefore: string | undefined;
}

/** A message, and its run where it is known. */
export interface Said {
  readonly message: SentMessage;
  readonly run: string | undefined;
}

const NEXT_SESSION = 0.12;
const WITHOUT_NAME = 0.6;

/** The sessions that one client has for itself, one after the other. */
export class OwnSession {
  private number = 1;
  private place: Place;

  constructor(private readonly person: Person) {
    this.place = this.named();
  }

  next(chance: Chance): Place {
    if (!chance.odds(NEXT_SESSION)) return this.place;
    this.number += 1;
    this.place = this.named();
    if (chance.odds(WITHOUT_NAME))
      this.place = { ...this.place, session: this.person.unnamed(this.number), isNew: true };
    return this.place;
  }

  /** What was said there last, at once. One of which nobody knows whether it was accepted may still come: then another
   *  session is begun, as what comes next would stand behind it. */
  said(those: readonly Said[]): void {
    const [{ message, run } = { message: undefined, run: undefined }, ...others] = those;
    if (message === undefined || those.some((one) => one.run === undefined)) {
      this.number += 1;
      this.place = this.named();
    } else this.place = { session: message.session, isNew: false, runBefore: others.length === 0 ? run : undefined };
  }

  private named(): Place {
    return { session: this.person.own(this.number), isNew: false, runBefore: undefined };
  }
}
