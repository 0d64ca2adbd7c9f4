import { Chance } from '../chaos/chance.js';
import { INTERNAL_KEY } from '../support/runtime-server.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { Attempt } from './attempt.js';
import { attemptOf } from './draft.js';
import { type Fault, faultsOf } from './judge.js';
import { operationsOf, RightRequests } from './operations.js';
import { promisedCodes } from './promised-codes.js';
import { exchange } from './raw-exchange.js';
import type { Wrong } from './wrongs.js';

export interface BarrageOptions {
  readonly service: ServiceProcess;
  readonly seed: number;
  readonly requests: number;
  /** What may be wrong with a request, by its name. */
  readonly wrongs: Readonly<Record<string, Wrong>>;
  /** Sent again and again beside the requests that are made of the OpenAPI document: one in three, where there are
   *  any. */
  readonly shapes: readonly Attempt[];
  /** Sent once, in addition. */
  readonly slow?: readonly Attempt[];
  readonly tell?: (line: string) => void;
}

export interface FoundFault extends Fault {
  /** What is wrong with the request. */
  readonly about: string;
  readonly number: number;
}

export interface BarrageReport {
  readonly sent: number;
  /** How many answers of each status; 0 counts the connections that were closed without a word. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly FoundFault[];
}

const AT_ONCE = 16;
const MOST_WRONGS = 3;
const TOLD_EVERY = 1000;

/** Sends malformed requests to the service, several at a time, and judges every answer. */
export class Barrage {
  private readonly statuses: Record<number, number> = {};
  private readonly faults: FoundFault[] = [];
  private next = 0;

  constructor(private readonly options: BarrageOptions) {}

  async run(): Promise<BarrageReport> {
    const { service, slow = [], requests } = this.options;
    const attempts = await this.attempts();
    const promised = await promisedCodes();
    const port = Number(new URL(service.origin).port);
    const fire = async (attempt: Attempt, number: number) => {
      const outcome = await exchange(port, attempt);
      for (const { status } of outcome.answers) this.count(status);
      if (outcome.answers.length === 0) this.count(0);
      const found = faultsOf(attempt, outcome, promised);
      this.faults.push(...found.map((fault) => ({ ...fault, about: attempt.name, number })));
    };
    const keepFiring = async () => {
      while (this.next < requests) {
        const number = this.next;
        this.next += 1;
        if (number > 0 && number % TOLD_EVERY === 0) this.options.tell?.(`${number} of ${requests} malformed requests`);
        await fire(attempts(number), number);
      }
    };
    const waited = slow.map((attempt, index) => fire(attempt, requests + index));
    await Promise.all([...waited, ...Array.from({ length: AT_ONCE }, keepFiring)]);
    return { sent: requests + slow.length, statuses: this.statuses, faults: this.faults };
  }

  /** What to send as the request of this number: the same for the same seed, whatever happened before. */
  private async attempts(): Promise<(number: number) => Attempt> {
    const { service, seed, shapes } = this.options;
    const operations = operationsOf((await service.get('/openapi.json')).json);
    const known = await this.known();
    return (number) => {
      const chance = new Chance(seed).beside(number);
      const shape = number % 3 === 0 ? shapes[(number / 3) % shapes.length] : undefined;
      if (shape !== undefined) return shape;
      const operation = operations[chance.between(0, operations.length - 1)];
      if (operation === undefined) throw new Error('The OpenAPI document has no operation.');
      const draft = new RightRequests(INTERNAL_KEY, known, chance).draft(operation);
      return attemptOf(draft, this.spoil(draft, chance));
    };
  }

  private spoil(draft: Parameters<Wrong>[0], chance: Chance): readonly string[] {
    const all = Object.entries(this.options.wrongs);
    return Array.from({ length: chance.between(1, MOST_WRONGS) }, () => {
      const [name, wrong] = all[chance.between(0, all.length - 1)] ?? ['nothing', () => {}];
      wrong(draft, chance);
      return name;
    });
  }

  /** Sessions and runs that there are, so that a path may also be right. */
  private async known(): Promise<Readonly<Record<string, readonly string[]>>> {
    const sessions = ['known1', 'known2', 'known3'];
    const streams = sessions.map((session) => this.options.service.converse('one two three', session));
    const runs = (await Promise.all(streams)).map(({ runId }) => runId);
    return { id: [...sessions, 'unknown'], run: [...runs, 'unknown'], file: ['swagger-ui.css', 'unknown'] };
  }

  private count(status: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }
}
