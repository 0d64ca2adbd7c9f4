import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.js';
import { Delivery, type DeliveryOptions } from './delivery.js';
import type { Door, SentMessage } from './history.js';
import { contentOf } from './model-answer.js';
import { OwnSession, type Place, type Said } from './own-session.js';
import { Person } from './people.js';
import { sessionNamed } from './session-name.js';

export interface ClientOptions extends DeliveryOptions {
  readonly index: number;
}

const MESSAGES_PER_SHARED_SESSION = 24;
const DOORS: Readonly<Record<Door, number>> = { native: 5, completions: 2, responses: 3, 'ai-sdk': 2 };
/** Some say several things at once, so that queues grow. */
const BURST = 0.15;
const BURST_STEP_MS = 60;

/** Says one thing after another, now at this door and now at that, until the trial calms down: in sessions of its own
 *  and in one that it shares. */
export class Client {
  private readonly person: Person;
  private readonly own: OwnSession;

  constructor(private readonly options: ClientOptions) {
    this.person = new Person(options.index);
    this.own = new OwnSession(this.person);
  }

  async converse(): Promise<void> {
    const { chance, isCalm } = this.options;
    while (!isCalm()) {
      if (chance.odds(0.5)) await this.say(this.sharedSession());
      else this.own.said(await this.say(this.own.next(chance)));
      await delay(chance.between(0, 300));
    }
  }

  /** Once, or several times at once. */
  private async say(place: Place): Promise<readonly Said[]> {
    const { chance } = this.options;
    const burst = chance.odds(BURST) && !place.isNew ? chance.between(2, 5) : 1;
    return Promise.all(
      Array.from({ length: burst }, async (_, index) => {
        await delay(index * BURST_STEP_MS);
        const message = this.nextMessage(burst === 1 ? place : { ...place, runBefore: undefined }, chance);
        return { message, run: await new Delivery(message, this.options).deliver() };
      }),
    );
  }

  private nextMessage({ session, isNew, runBefore }: Place, chance: Chance): SentMessage {
    const { index, observations } = this.options;
    const number = observations.sent.length + 1;
    const door = isNew ? 'responses' : chance.weighted(DOORS);
    const message: SentMessage = {
      number,
      client: index,
      door,
      session,
      key: this.keyIn(session),
      content: contentOf(number),
      onBusy: rejects(door) ? 'reject' : chance.weighted({ reject: 4, queue: 4, interrupt: 2 }),
      onDisconnect: door !== 'completions' && chance.odds(0.04) ? 'cancel' : 'continue',
      isUnnamed: isNew,
      runBefore: door === 'responses' && chance.odds(0.7) ? runBefore : undefined,
      outcome: 'unanswered',
    };
    observations.sent.push(message);
    return message;
  }

  /** Users have sessions of the same id, and say things there with the same key. */
  private keyIn(session: string): string {
    const earlier = this.options.observations.sent.filter((message) => message.session === session).length;
    return `${sessionNamed(session).id}-key-${earlier + 1}`;
  }

  /** The next one when this one has grown long; both clients see that alike. */
  private sharedSession(): Place {
    const { sent } = this.options.observations;
    const messages = sent.filter(({ session }) => session.startsWith(this.person.shared(''))).length;
    const session = this.person.shared(Math.floor(messages / MESSAGES_PER_SHARED_SESSION) + 1);
    return { session, isNew: false, runBefore: undefined };
  }
}

/** These doors have no word for what else to do when a session is busy. */
function rejects(door: Door): boolean {
  return door === 'completions' || door === 'responses';
}
