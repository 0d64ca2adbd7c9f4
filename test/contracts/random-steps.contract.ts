import { expect } from 'chai';
import { memoryStore } from '../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import { DomainError } from '../../src/domain/errors.js';
import type { RunLease } from '../../src/domain/run.js';
import type { Session } from '../../src/domain/session.js';
import { aReply, aTurn, chunks, NEVER, NEW_YEAR } from '../support/builders.js';
import { FixedClock } from '../support/fixed-clock.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { latestMessagesIn, messagesIn } from '../support/messages-in.js';
import { SeededRandom } from '../support/seeded-random.js';

const STEPS = 40;
const SESSIONS = ['s1', 's2'] as const;

type Step = (store: Store) => Promise<unknown> | undefined;

/** Every run of the tests takes other steps. */
const ROUNDS = 4;

/** The other contracts are examples; this is everything else that a caller could notice. `open` gives an empty store with leases
 *  that do not run out meanwhile. */
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
      expect(await everythingIn(store, steps.runs), what).to.deep.equal(await everythingIn(memory, steps.runs));
    }
    await store.close();
  }
}

class RandomSteps {
  /** Every run that was given to a store, accepted or not. */
  readonly runs: RunLease[] = [];

  constructor(private readonly random: SeededRandom) {}

  next(): [what: string, step: Step] {
    if (this.random.whole(3) === 0) return this.accept();
    const run = this.anyRun() ?? { id: 'none', sessionId: 's1', epoch: 1 };
    const lease = { ...run, epoch: this.random.oneOf([1, 1, 1, 2]) };
    const last = this.random.oneOf([0, 0, 1, 2]);
    const end = (handsOver: boolean): Step => {
      return ({ runs }) => runs.end(lease, { ...aReply('x'.repeat(last), last), handsOver });
    };
    return this.random.oneOf<[string, Step]>([
      [`begin ${lease.id}`, ({ runs }) => runs.beginAttempt(lease, 'mock:fake-llm')],
      [`append to ${lease.id} behind ${last}`, ({ journal }) => journal.append(lease, chunks(['x'], last + 1), NEVER)],
      [`end ${lease.id} at ${last}`, end(false)],
      [`end ${lease.id} at ${last}`, end(false)],
      [`hand on from ${lease.id} at ${last}`, end(true)],
      [`stop ${lease.id}`, ({ runs }) => runs.askToStop(lease.id, 'cancelled', NEW_YEAR)],
      [`renew ${lease.id}`, ({ leases }) => leases.renew([lease])],
      ['claim', async ({ leases }) => (await leases.claimOrphans(9)).map(({ id, epoch }) => `${id} ${epoch}`).sort()],
      this.random.whole(3) > 0 ? this.accept() : [`delete ${run.sessionId}`, this.deletion(run.sessionId)],
    ]);
  }

  private accept(): [string, Step] {
    const turn = aTurn({
      runId: `run${this.runs.length}`,
      sessionId: this.random.oneOf(SESSIONS),
      content: this.random.oneOf(['a', 'b']),
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
  const list = await sessions.list(9, undefined);
  for (const session of list) await expectOneHistory(sessions, session);
  return {
    list,
    runs: await Promise.all(found),
    positions: await Promise.all(positions),
    histories: await Promise.all(histories),
    prompts: await Promise.all(prompts),
  };
}

/** Whichever way it is read, and as many messages as the session counts. */
async function expectOneHistory(sessions: SessionRepository, { id, messageCount }: Session): Promise<void> {
  const messages = await messagesIn(sessions, id);
  expect(messages).to.have.length(messageCount);
  expect(await latestMessagesIn(sessions, id)).to.deep.equal(messages.toReversed());
}

async function outcome(step: Step, store: Store): Promise<unknown> {
  try {
    return { returned: await step(store) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { threw: error.name, saying: error.message };
  }
}
