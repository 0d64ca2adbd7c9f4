import { expect } from 'chai';
import { memoryStore } from '../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { measured } from '../../src/application/ledger/measured-head.js';
import { sessionKeyOf } from '../../src/application/ledger/session-key.js';
import type { FinishedReply } from '../../src/application/ports/run-repository.js';
import { DomainError } from '../../src/domain/errors.js';
import type { RunLease } from '../../src/domain/run.js';
import type { Session } from '../../src/domain/session.js';
import type { Labels } from '../../src/domain/session-labels.js';
import type { Settlement } from '../../src/domain/settling.js';
import { anAttempt, aReply, aRun, aTurn, chunks, NEVER, NEW_YEAR } from '../support/builders.js';
import { FixedClock } from '../support/fixed-clock.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { latestMessagesIn, messagesIn } from '../support/messages-in.js';
import { SeededRandom } from '../support/seeded-random.js';

const STEPS = 40;
/** To look at everything costs more than all steps. */
const STEPS_BETWEEN_LOOKS = 4;
const SESSIONS = ['s1', 's2'] as const;

const IN_AN_HOUR = new Date(NEW_YEAR.getTime() + 3_600_000);
/** What is later was written down by the clock of the process, when it ended the time of a call. */
const LATEST = NEW_YEAR.getTime() + 86_400_000;

type Step = (store: Store) => Promise<unknown> | undefined;

/** Every run of the tests takes other steps. */
const ROUNDS = 4;

/** The other contracts are examples; this is everything else that a caller could notice. `open` gives an empty store
 *  with leases that do not run out meanwhile. */
export function describeRandomSteps(name: string, open: () => Promise<Store>): void {
  describe(`${name} beside the memory store`, () => {
    it('gives the same results for the same random steps', async function () {
      this.timeout(120_000);
      const random = new SeededRandom();
      process.stdout.write(`      seed ${random.seed}\n`);
      for (let round = 0; round < ROUNDS; round += 1) await compare(random);
    });
  });

  async function compare(random: SeededRandom): Promise<void> {
    const dependencies = { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 };
    const memory = await memoryStore.open({}, dependencies);
    const store = await open();
    const steps = new RandomSteps(random);
    for (let count = 0; count < STEPS; count += 1) {
      const [what, step] = steps.next();
      expect(await outcome(step, store), what).to.deep.equal(await outcome(step, memory));
      if (count % STEPS_BETWEEN_LOOKS !== STEPS_BETWEEN_LOOKS - 1) continue;
      expect(await everythingIn(store, steps.runs), what).to.deep.equal(await everythingIn(memory, steps.runs));
    }
    await store.close();
  }
}

class RandomSteps {
  /** Every run that was given to a store, accepted or not. */
  readonly runs: RunLease[] = [];
  private readonly calls: { readonly callId: string; readonly sessionId: string }[] = [];

  constructor(private readonly random: SeededRandom) {}

  next(): [what: string, step: Step] {
    if (this.random.whole(3) === 0) return this.accept();
    const run = this.anyRun() ?? { id: 'none', sessionId: 's1', epoch: 1 };
    const lease = { ...run, epoch: this.random.oneOf([1, 1, 1, 2]) };
    const last = this.random.oneOf([0, 0, 1, 2]);
    const end = (handsOver: boolean): Step => {
      return ({ runs }) => runs.end(lease, { ...aReply('x'.repeat(last), last, { usage: usageOf(last) }), handsOver });
    };
    return this.random.oneOf<[string, Step]>([
      [`begin ${lease.id}`, ({ runs }) => runs.beginAttempt(lease, anAttempt())],
      [`append to ${lease.id} behind ${last}`, ({ journal }) => journal.append(lease, chunks(['x'], last + 1), NEVER)],
      [`end ${lease.id} at ${last}`, end(false)],
      [`end ${lease.id} at ${last}`, end(false)],
      [`hand on from ${lease.id} at ${last}`, end(true)],
      this.ask(lease, last),
      this.ask(lease, last),
      this.settle(),
      this.settle(),
      this.settle(),
      [`stop ${lease.id}`, ({ runs }) => runs.askToStop(lease.id, 'cancelled', NEW_YEAR)],
      [`renew ${lease.id}`, ({ leases }) => leases.renew([lease])],
      ['claim', async ({ leases }) => (await leases.claimOrphans(9)).map(({ id, epoch }) => `${id} ${epoch}`).sort()],
      this.cancel(),
      this.label(),
      this.random.whole(3) > 0 ? this.accept() : [`delete ${run.sessionId}`, this.deletion(run.sessionId)],
    ]);
  }

  private accept(): [string, Step] {
    const turn = aTurn({
      runId: `run${this.runs.length}`,
      sessionId: this.random.oneOf(SESSIONS),
      content: this.random.oneOf(['a', 'b', `word of run${this.runs.length}`]),
      onBusy: this.random.oneOf(['reject', 'queue', 'queue', 'interrupt']),
      queueLimit: 3,
      replicaIsFull: this.random.whole(10) === 0,
      maxSessionBytes: 1_000_000,
      at: new Date(NEW_YEAR.getTime() + this.runs.length),
      ...this.random.oneOf([{}, {}, { key: 'key1' }, { key: 'key2' }]),
      ...this.random.oneOf([{}, {}, { replaces: this.anyRun()?.id ?? 'none' }]),
    });
    this.runs.push(turn.run);
    return [`accept ${turn.run.id} in ${turn.run.sessionId}: ${turn.onBusy}`, ({ sessions }) => sessions.accept(turn)];
  }

  /** Ends a run with calls, some of whose time is over at once. */
  private ask(lease: RunLease, last: number): [string, Step] {
    const first = `${lease.id}-c1`;
    const asked = this.random.oneOf([[first], [first, `${lease.id}-c2`]]);
    const calls = asked.map((callId) => ({ callId, toolName: 'read', arguments: { path: callId } }));
    const state = this.random.oneOf<'open' | 'awaiting_approval'>(['open', 'awaiting_approval']);
    const expiresAt = this.random.oneOf([NEW_YEAR, IN_AN_HOUR, IN_AN_HOUR]);
    const reply: FinishedReply = {
      ...aReply('x'.repeat(last), last, { finishReason: 'tool_calls' }),
      steps: [{ textEnd: last, calls, results: [] }],
      open: asked.map((callId, index) => ({ callId, state: index === 0 ? 'open' : state, expiresAt })),
    };
    this.calls.push(...asked.map((callId) => ({ callId, sessionId: lease.sessionId })));
    return [
      `ask for ${asked} in ${lease.id} at ${last}, until ${expiresAt.getTime()}`,
      ({ runs }) => runs.end(lease, reply),
    ];
  }

  private settle(): [string, Step] {
    const { callId, sessionId } = this.calls.at(-1 - this.random.whole(4)) ?? { callId: 'none', sessionId: 's1' };
    const twin = callId.replace(/c[12]$/, (own) => (own === 'c1' ? 'c2' : 'c1'));
    const settlements = this.random.oneOf([
      [this.settlementOf(callId)],
      [this.settlementOf(callId)],
      [this.settlementOf(callId), this.settlementOf(twin)],
    ]);
    const request = { content: '', onBusy: undefined, onDisconnect: undefined, settles: [callId] };
    const run = aRun({ id: `run${this.runs.length}`, sessionId, request });
    this.runs.push({ id: run.id, sessionId, epoch: 1 });
    const settling = {
      run,
      settlements,
      idempotencyKey: this.random.oneOf([undefined, undefined, 'key3']),
      replicaIsFull: this.random.whole(10) === 0,
      at: NEW_YEAR,
      clientMilliseconds: 600_000,
    };
    return [`settle ${JSON.stringify(settlements)} in ${sessionId}`, ({ sessions }) => sessions.settle(settling)];
  }

  private settlementOf(callId: string): Settlement {
    return this.random.oneOf<Settlement>([
      { callId, status: 'ok', content: 'found' },
      { callId, status: 'ok', content: 'found' },
      { callId, status: 'error', content: 'none' },
      { callId, decision: 'approve' },
      { callId, decision: 'edit', arguments: { path: 'other' } },
      { callId, decision: 'reject', feedback: 'no' },
    ]);
  }

  private cancel(): [string, Step] {
    const sessionId = this.random.oneOf(SESSIONS);
    const handsOver = this.random.whole(3) === 0;
    return [`cancel ${sessionId}`, ({ sessions }) => sessions.cancel(sessionId, NEW_YEAR, handsOver)];
  }

  private label(): [string, Step] {
    const sessionId = this.random.oneOf(SESSIONS);
    const labels = this.random.oneOf<Labels>([
      { title: 'Named' },
      { metadata: { a: 1 } },
      { metadata: { a: null, b: 'two' } },
    ]);
    return [`label ${sessionId}`, ({ sessions }) => sessions.label(sessionId, labels)];
  }

  private anyRun(): RunLease | undefined {
    return this.runs[this.random.whole(this.runs.length)];
  }

  private deletion(sessionId: string): Step {
    return ({ sessions }) => sessions.delete(sessionId, NEW_YEAR);
  }
}

async function everythingIn(store: Store, runs: readonly RunLease[]): Promise<unknown> {
  const { sessions, journal } = store;
  const found = runs.map(({ id }) => outcome(({ runs }) => runs.find(id), store));
  const positions = runs.map(({ id }) => outcome(() => journal.position(id), store));
  const histories = SESSIONS.map((id) => outcome(() => messagesIn(sessions, id), store));
  const prompts = runs.map(({ id, sessionId }) => outcome(() => messagesIn(sessions, sessionId, id), store));
  const openCalls = SESSIONS.map((id) => outcome(() => sessions.openCalls(id), store));
  const list = await sessions.list(9, undefined);
  for (const session of list) await expectOneHistory(store, session);
  return comparable({
    list,
    openCalls: await Promise.all(openCalls),
    runs: await Promise.all(found),
    positions: await Promise.all(positions),
    histories: await Promise.all(histories),
    prompts: await Promise.all(prompts),
  });
}

/** Absent and undefined mean the same, and so do two times of the process's clock. */
function comparable(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() > LATEST ? 'now' : value;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => (entry === undefined ? [] : [[name, comparable(entry)]])),
  );
}

/** Whichever way it is read, with as many messages as the session counts, and with what its head shows of them. */
async function expectOneHistory({ sessions, ledger }: Store, session: Session): Promise<void> {
  const { id, messageCount, isTitled, title, preview } = session;
  const messages = await messagesIn(sessions, id);
  expect(messages).to.have.length(messageCount);
  expect(await latestMessagesIn(sessions, id)).to.deep.equal(messages.toReversed());
  expect({ title, preview }).to.deep.equal({
    title: isTitled ? 'Named' : messages[0]?.content,
    preview: messages.at(-1)?.content,
  });
  const key = sessionKeyOf({ sessionId: id });
  const { head } = await ledger.load(key, {});
  const read = head && (await measured(ledger, key, { ...head, size: undefined }));
  expect(comparable(read?.size)).to.deep.equal(comparable(head?.size));
}

function usageOf(last: number) {
  return { inputTokens: last, outputTokens: 1, totalTokens: last + 1 };
}

async function outcome(step: Step, store: Store): Promise<unknown> {
  try {
    return { returned: comparable(await step(store)) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { threw: error.name, saying: error.message };
  }
}
