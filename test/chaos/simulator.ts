import { Chance } from './chance.js';
import type { Cancel, Door, History, ModelCall, SentMessage, StoredMessage, WireFrame } from './history.js';
import { answerPlan, answerToken, contentOf } from './model-answer.js';
import type { Bug } from './simulated-bugs.js';
import { DOOR_WEIGHTS, FATE_WEIGHTS, FATES, type Fate, type FatePlan } from './simulated-fates.js';
import { readingsOf } from './simulated-readings.js';
import { type SimulatedRun, storedMessages } from './simulated-run.js';
import { simulatedTools } from './simulated-tools.js';
import { simulatedListings, simulatedPeeks } from './simulated-users.js';
import type { ToolTrace } from './tool-trace.js';

type Lists = Omit<History, 'tools'>;
type Draft = { readonly [Name in keyof Lists]: Lists[Name][number][] } & { readonly tools: ToolTrace };

const SESSIONS = ['alice/session-0', 'bob/session-0', 'session-2'];
const EPOCH = Date.UTC(2026, 0, 1);
/** Turns with tools come long before: no death of a replica excuses what is wrong in them. */
const HOUR = 3_600_000;
const UNENDED = { drainsFrom: undefined, to: undefined, end: undefined, exitCode: undefined };

/** The history that a service without a mistake would have left, or one with this mistake in its first run. */
export function simulateTrial(seed: number, bug?: Bug): History {
  const simulation = new Simulation(new Chance(seed), bug);
  for (let session = 0; session <= seed % 3; session += 1) simulation.addSession(SESSIONS[session] ?? '');
  const { history } = simulation;
  history.peeks.push(...simulatedPeeks(history));
  history.listings.push(...simulatedListings(history));
  return bug?.history?.(history) ?? history;
}

class Simulation {
  readonly history: Draft = {
    sent: [],
    exchanges: [],
    cancels: [],
    calls: [],
    lives: [{ replica: 'steady', from: EPOCH - 2 * HOUR, ...UNENDED }],
    outages: [],
    sightings: [],
    tools: simulatedTools(EPOCH - HOUR),
    peeks: [],
    sessions: [],
    runs: [],
    listings: [],
  };
  private number = 0;
  private now = EPOCH;
  private prompt: readonly number[] = [];

  constructor(
    private readonly chance: Chance,
    private bug: Bug | undefined,
  ) {}

  /** Sessions follow each other, so that the death of a replica meets one run alone. */
  addSession(id: string): void {
    const messages: StoredMessage[] = [];
    this.prompt = [];
    let interrupts = false;
    for (let turns = this.chance.between(3, 8); turns > 0 || interrupts; turns -= 1) {
      const { bug } = this;
      this.bug = undefined;
      const fate = bug?.fate ?? (turns > 1 ? this.chance.weighted(FATE_WEIGHTS) : 'whole');
      const door = bug === undefined ? this.chance.weighted(DOOR_WEIGHTS) : (bug.door ?? 'native');
      const run = this.simulateRun(id, fate, door, interrupts);
      messages.push(...this.add(bug?.run?.(run) ?? run, bug));
      interrupts = fate === 'interrupted';
    }
    this.history.sessions.push({ id, messages });
  }

  /** Returns what the session's history gets of it. */
  private add(run: SimulatedRun, bug: Bug | undefined): readonly StoredMessage[] {
    const { history } = this;
    const { message, calls, ...final } = run;
    const exchanges = readingsOf(run, this.chance);
    history.sent.push(message);
    history.calls.push(...calls);
    history.runs.push(bug?.final?.(final) ?? final);
    history.exchanges.push(...(bug?.exchanges?.(exchanges) ?? exchanges));
    if (run.finishReason === 'cancelled') history.cancels.push(cancelOf(run));
    const stored = storedMessages(run);
    return bug?.stored?.(stored) ?? stored;
  }

  private simulateRun(session: string, fate: Fate, door: Door, interrupts: boolean): SimulatedRun {
    // Far enough from the death of a replica before it: what went wrong has to be seen by itself.
    if (!interrupts) this.now += this.chance.between(3000, 8000);
    const message = this.nextMessage(session, fate, door, interrupts);
    const { number, onBusy } = message;
    this.prompt = [...this.prompt, number];
    // One that queues or interrupts comes while the run before it goes on.
    const createdAt = onBusy === 'reject' ? this.now + 10 : this.now - 30;
    this.now += 20;
    const plan = FATES[fate];
    const calls = this.simulateCalls(number, plan);
    const id = `run${number}`;
    const { finishReason, status } = plan;
    const journal = this.writeJournal(id, message, calls.length, plan);
    return {
      id,
      session,
      status,
      finishReason,
      attempts: calls.length,
      createdAt,
      endedAt: this.now,
      journal,
      message,
      calls,
    };
  }

  /** With the next number whose answer the model spoils as this fate wants it. */
  private nextMessage(session: string, fate: Fate, door: Door, interrupts: boolean): SentMessage {
    const fault = fate === 'refused' || fate === 'broken' ? fate : undefined;
    do this.number += 1;
    while (answerPlan(this.number).fault !== fault);
    const { number, prompt, chance } = this;
    const waits = prompt.length > 0 && chance.odds(0.5);
    return {
      number,
      client: 0,
      door,
      session,
      key: `key-${number}`,
      content: contentOf(number),
      onBusy: interrupts ? 'interrupt' : waits ? 'queue' : 'reject',
      onDisconnect: 'continue',
      isUnnamed: false,
      runBefore: undefined,
      outcome: 'ended',
    };
  }

  private simulateCalls(message: number, { deaths, lastCall }: FatePlan): readonly ModelCall[] {
    const calls: ModelCall[] = [];
    while (calls.length < deaths) calls.push(this.orphanedCall(message, calls.length + 1));
    if (lastCall === undefined) return calls;
    const startedAt = this.now;
    this.now += this.chance.between(200, 2000);
    const { prompt } = this;
    const rest = { replica: 'steady', startedAt, endedAt: this.now, outcome: lastCall, prompt };
    this.now += this.chance.between(1, 20);
    return [...calls, { message, call: calls.length + 1, ...rest }];
  }

  /** Its replica dies or freezes during it, and some time later another one sees to the run. */
  private orphanedCall(message: number, call: number): ModelCall {
    const startedAt = this.now;
    const replica = `doomed-${message}-${call}`;
    this.now += this.chance.between(50, 1500);
    const endedAt = this.now;
    const end = this.chance.odds(0.3) ? 'freeze' : 'kill';
    this.history.lives.push({ ...UNENDED, replica, from: startedAt - 1000, to: endedAt, end });
    this.now += this.chance.between(15_000, 24_000);
    return { message, call, replica, startedAt, endedAt, outcome: 'left', prompt: this.prompt };
  }

  private writeJournal(run: string, { number }: SentMessage, call: number, plan: FatePlan): readonly WireFrame[] {
    const { tokens, tokensBeforeBreak } = answerPlan(number);
    const some = this.chance.between(1, tokens - 1);
    const written = { all: tokens, some, none: 0, 'until the break': tokensBeforeBreak }[plan.written];
    const journal: WireFrame[] = Array.from({ length: written }, (_, place) => {
      return { type: 'token', run, sequence: place + 1, text: answerToken(number, call, place) };
    });
    if (plan.error !== undefined) journal.push({ type: 'error', run, sequence: written + 1, code: plan.error });
    const end: WireFrame = { type: 'end', run, sequence: journal.length + 1, finishReason: plan.finishReason };
    return [...journal, end, { type: 'done' }];
  }
}

function cancelOf({ id: run, message, endedAt }: SimulatedRun): Cancel {
  return { message: message.number, run, sentAt: endedAt - 40, answeredAt: endedAt - 30, status: 202 };
}
