import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.js';
import { Delivery, type DeliveryOptions } from './delivery.js';
import type { SentMessage } from './history.js';
import { contentOf } from './model-answer.js';
import { Person } from './people.js';
import { sessionNamed } from './session-name.js';

export interface ClientOptions extends DeliveryOptions {
  readonly index: number;
}

const MESSAGES_PER_SHARED_SESSION = 24;
const NEW_SESSION = 0.12;
/** Some say several things at once, so that queues grow. */
const BURST = 0.15;
const BURST_STEP_MS = 60;

/** Says one thing after another until the trial calms down, in sessions of its own and in one that it shares. */
export class Client {
  private ownSessions = 1;
  private readonly person: Person;

  constructor(private readonly options: ClientOptions) {
    this.person = new Person(options.index);
  }

  async converse(): Promise<void> {
    const { chance, isCalm } = this.options;
    while (!isCalm()) {
      const session = this.chooseSession(chance);
      const burst = chance.odds(BURST) ? chance.between(2, 5) : 1;
      await Promise.all(Array.from({ length: burst }, (_, place) => this.say(session, place * BURST_STEP_MS)));
      await delay(chance.between(0, 300));
    }
  }

  private async say(session: string, after: number): Promise<void> {
    await delay(after);
    await new Delivery(this.nextMessage(session), this.options).deliver();
  }

  private nextMessage(session: string): SentMessage {
    const { chance, index, observations } = this.options;
    const number = observations.sent.length + 1;
    const earlier = observations.sent.filter((message) => message.session === session).length;
    const message: SentMessage = {
      number,
      client: index,
      session,
      // Users have sessions of the same id, and say things there with the same key.
      key: `${sessionNamed(session).id}-key-${earlier + 1}`,
      content: contentOf(number),
      onBusy: chance.weighted({ reject: 4, queue: 4, interrupt: 2 }),
      onDisconnect: chance.odds(0.04) ? 'cancel' : 'continue',
      outcome: 'unanswered',
    };
    observations.sent.push(message);
    return message;
  }

  private chooseSession(chance: Chance): string {
    if (chance.odds(0.5)) return this.sharedSession();
    if (chance.odds(NEW_SESSION)) this.ownSessions += 1;
    return this.person.own(this.ownSessions);
  }

  /** The next one when this one has grown long; both clients see that alike. */
  private sharedSession(): string {
    const { sent } = this.options.observations;
    const messages = sent.filter(({ session }) => session.startsWith(this.person.shared(''))).length;
    return this.person.shared(Math.floor(messages / MESSAGES_PER_SHARED_SESSION) + 1);
  }
}
