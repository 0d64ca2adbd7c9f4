import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { LeaseLost, RunNotFound, SessionBusy, StoreUnavailable } from '../../../../../src/domain/errors.js';
import type { Run } from '../../../../../src/domain/run.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
import {
  aLease,
  anAttempt,
  aReply,
  aTurn,
  chunks,
  collect,
  errorOf,
  NEVER,
  NEW_YEAR,
  textOf,
} from '../../../../support/builders.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { PostgresServer } from '../../../../support/postgres-server.js';
import { eventsOf } from '../../../../support/pulled.js';
import { SeededRandom } from '../../../../support/seeded-random.js';
import { within } from '../../../../support/within.js';
import { StoreProcesses } from './store-processes.js';
import { WriterCrowd } from './writer-crowd.js';

describe('two processes on one postgres store', () => {
  let processes: StoreProcesses;
  let here: Store;
  let there: Store;

  async function openBoth(leaseMilliseconds = 15_000): Promise<void> {
    processes = new StoreProcesses((await PostgresServer.shared()).url);
    here = await processes.open({ leaseMilliseconds });
    there = await processes.open({ leaseMilliseconds });
  }

  afterEach(() => processes.close());

  describe('with a run', () => {
    beforeEach(async () => {
      await openBoth();
      await here.sessions.accept(aTurn());
    });

    it('brings what one writes to the readers of the other, at once', async () => {
      const times: number[] = [];
      const sent: number[] = [];
      const reading = (async () => {
        for await (const events of eventsOf(there.journal, 'run1', 0, NEVER))
          for (const { sequence } of events) times[sequence] = performance.now();
      })();
      for (let sequence = 1; sequence <= 40; sequence += 1) {
        await delay(5);
        sent[sequence] = performance.now();
        await here.journal.append(aLease(), chunks(['x'], sequence), NEVER);
      }
      await here.runs.end(aLease(), aReply('x'.repeat(40), 40));
      await within(2000, reading);
      const latencies = sent.map((time, sequence) => (times[sequence] ?? Number.POSITIVE_INFINITY) - time);
      const median = latencies.filter(Number.isFinite).sort((one, other) => one - other)[20] ?? Number.NaN;
      expect(times).to.have.length(42);
      expect(median).to.be.lessThan(100);
    });

    it('lets a reader that comes to the other read from anywhere, and to the end', async () => {
      await here.journal.append(aLease(), chunks(['a', 'b', 'c']), NEVER);
      const readings = [0, 2, 3].map((after) => collect(eventsOf(there.journal, 'run1', after, NEVER)));
      await here.journal.append(aLease(), chunks(['d'], 4), NEVER);
      await here.runs.end(aLease(), aReply('abcd', 4));
      expect((await within(2000, Promise.all(readings))).map(textOf)).to.deep.equal(['abcd', 'cd', 'd']);
    });

    it('tells the writer that the other was asked to stop it', async () => {
      const heard = here.runs.untilStopped(aLease(), NEVER);
      await there.runs.askToStop('run1', 'cancelled', NEW_YEAR);
      expect(await within(800, heard)).to.equal('cancelled');
    });

    it('tells the writer of a message that interrupts, and of a deletion', async () => {
      await there.sessions.accept(aTurn({ runId: 'other', sessionId: 'other' }));
      const interrupted = here.runs.untilStopped(aLease(), NEVER);
      const deleted = there.runs.untilStopped(aLease('other', { sessionId: 'other' }), NEVER);
      await there.sessions.accept(aTurn({ runId: 'run2', onBusy: 'interrupt' }));
      await here.sessions.delete('other', NEW_YEAR);
      expect(await within(800, Promise.all([interrupted, deleted]))).to.deep.equal(['interrupted', 'cancelled']);
    });

    it('ends the readings of a deleted session in both', async () => {
      await here.sessions.accept(aTurn({ runId: 'run2', onBusy: 'queue' }));
      await here.journal.append(aLease(), chunks(['Hi']), NEVER);
      const readings = [here, there].flatMap(({ journal }) =>
        ['run1', 'run2'].map((runId) => eventsOf(journal, runId, 0, NEVER)),
      );
      const first = await Promise.all([readings[0]?.next(), readings[2]?.next()]);
      expect(first.map((batch) => textOf(batch?.value ?? []))).to.deep.equal(['Hi', 'Hi']);
      const ends = Promise.all(readings.map((reading) => reading.next()));
      await delay(50);
      await there.sessions.delete('session1', NEW_YEAR);
      for (const { value } of await within(2000, ends))
        expect(value?.map(({ type }: RunEvent) => type)).to.deep.equal(['run-end']);
      expect(await errorOf(here.journal.append(aLease(), chunks(['x'], 2), NEVER))).to.be.instanceOf(RunNotFound);
      expect(await errorOf(there.journal.position('run1'))).to.be.instanceOf(RunNotFound);
    });

    it('lets the next run be written where the one before was ended, and its first writer only read it', async () => {
      const turn = aTurn({ runId: 'run2', onBusy: 'queue' });
      expect((await there.sessions.accept(turn)).run.status).to.equal('queued');
      expect((await here.runs.end(aLease(), aReply())).next?.id).to.equal('run2');
      expect(await there.sessions.accept(turn)).to.deep.include({ replayed: true });
    });

    it('counts the readers of both', async () => {
      await Promise.all([here.audience.attend('run1'), there.audience.attend('run1')]);
      expect(await here.audience.leave('run1')).to.equal(true);
      expect(await here.audience.deserted(['run1'])).to.deep.equal([]);
      expect(await there.audience.leave('run1')).to.equal(false);
      expect(await here.audience.deserted(['run1'])).to.deep.equal(['run1']);
    });

    it('never leaves a run without a reader to nobody when both leave at once', async () => {
      for (let round = 0; round < 20; round += 1) {
        await Promise.all([here.audience.attend('run1'), there.audience.attend('run1')]);
        const others = await Promise.all([here.audience.leave('run1'), there.audience.leave('run1')]);
        expect(others).to.include(false);
      }
    });
  });

  describe('at the same time', () => {
    beforeEach(() => openBoth());

    it('start one run for fifty copies of a message with one key', async () => {
      for (let round = 0; round < 5; round += 1) {
        const turns = Array.from({ length: 50 }, (_, index) =>
          aTurn({ runId: `run${round}-${index}`, sessionId: `session${round}`, key: 'key' }),
        );
        const accepted = await Promise.all(
          turns.map((turn, index) => (index % 2 ? here : there).sessions.accept(turn)),
        );
        expect(new Set(accepted.map(({ run }) => run.id))).to.have.property('size', 1);
        expect(accepted.filter(({ replayed }) => !replayed)).to.have.length(1);
      }
    });

    it('let one of two messages win', async () => {
      for (let round = 0; round < 20; round += 1) {
        const sessionId = `session${round}`;
        const results = await Promise.allSettled([
          here.sessions.accept(aTurn({ runId: `here${round}`, sessionId })),
          there.sessions.accept(aTurn({ runId: `there${round}`, sessionId })),
        ]);
        const [refused] = results.filter((result) => result.status === 'rejected');
        expect(refused?.reason).to.be.instanceOf(SessionBusy);
        expect(await messagesIn(here.sessions, sessionId)).to.have.length(1);
      }
    });

    it('forget no message that is queued while its predecessor ends', async () => {
      for (let round = 0; round < 40; round += 1) {
        const sessionId = `session${round}`;
        await here.sessions.accept(aTurn({ runId: `first${round}`, sessionId }));
        const [ended, accepted] = await Promise.all([
          here.runs.end(aLease(`first${round}`, { sessionId }), aReply()),
          there.sessions.accept(aTurn({ runId: `second${round}`, sessionId, onBusy: 'queue' })),
        ]);
        const started = ended.next?.id ?? (accepted.run.status === 'running' ? accepted.run.id : undefined);
        expect(started).to.equal(`second${round}`);
        expect(await there.sessions.find(sessionId)).to.include({ activeRunId: `second${round}`, queuedRuns: 0 });
      }
    });

    it('send, stop, end and delete in one session without a deadlock, and in good order', async () => {
      const random = new SeededRandom();
      const stores = [here, there] as const;
      const settle = async (action: (store: Store) => Promise<unknown> | undefined): Promise<void> => {
        const [result] = await Promise.allSettled([action(random.oneOf(stores))]);
        if (result?.status !== 'rejected') return;
        // A busy machine may let one wait for its connection too long. What must not be is a deadlock or a broken rule.
        const { reason } = result;
        const cause = reason instanceof StoreUnavailable ? reason.cause : reason;
        const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
        expect(code).not.to.be.oneOf(['40P01', '40001', '23505']);
      };
      const found: Run[] = [];
      const find = async (store: Store, runId: string): Promise<Run> => {
        const run = await store.runs.find(runId);
        found.push(run);
        return run;
      };
      const deadlocksBefore = await deadlocks();
      const actions = Array.from({ length: 400 }, (_, index) => {
        const at = new Date(NEW_YEAR.getTime() + index);
        const sessionId = random.oneOf(['session1', 'session1', 'session2', 'session3']);
        const runId = `run${random.whole(index + 1)}`;
        const onBusy = random.oneOf(['queue', 'interrupt', 'reject'] as const);
        const accept = ({ sessions }: Store) =>
          sessions.accept(aTurn({ runId: `run${index}`, sessionId, onBusy, queueLimit: 4, at, key: `${index % 50}` }));
        return random.oneOf([
          accept,
          accept,
          (store: Store) => store.runs.askToStop(runId, 'cancelled', at),
          async (store: Store) => store.runs.end(await find(store, runId), aReply()),
          async (store: Store) => store.journal.append(await find(store, runId), chunks(['x']), NEVER),
          async (store: Store) => store.runs.beginAttempt(await find(store, runId), anAttempt()),
          (store: Store) => store.leases.renew(found.slice(-9).toSorted(() => random.whole(3) - 1)),
          () => processes.purge(),
          (store: Store) => (index % 40 === 0 ? store.sessions.delete(sessionId, at) : store.sessions.find(sessionId)),
        ]);
      });
      for (let start = 0; start < actions.length; start += 10)
        await Promise.all(actions.slice(start, start + 10).map(settle));
      const broken = await processes.query(`
        select sessions.key from sessions
        join runs on runs.session = sessions.life join journals on journals.run = runs.id
        where deleted_at is null
        group by sessions.life
        having count(fence) <> count(active_run) / count(*)
          or max(journals.run) filter (where fence is not null) <> active_run
          or count(*) filter (where (outcome is null) <> (closed_at is null)) > 0
          or count(*) filter (where outcome is null) <> count(active_run) / count(*) + queued_runs
          or count(position) <> turns or max(position) <> turns`);
      expect(broken, `seed ${random.seed}`).to.deep.equal([]);
      // What a connection has met it tells at its end. One that was made again successfully must not have been either.
      await Promise.all([here.close(), there.close()]);
      expect(await deadlocks(), `seed ${random.seed}`).to.equal(deadlocksBefore);
    });
  });

  it('turns the former writer away as soon as the other has claimed its run', async () => {
    await openBoth(50);
    await here.sessions.accept(aTurn());
    await here.journal.append(aLease(), chunks(['a']), NEVER);
    const reading = collect(eventsOf(here.journal, 'run1', 0, NEVER));
    await delay(60);
    const [claimed] = await there.leases.claimOrphans(10);
    expect(claimed).to.include({ id: 'run1', epoch: 2 });
    expect(await errorOf(here.journal.append(aLease(), chunks(['b'], 2), NEVER))).to.be.instanceOf(LeaseLost);
    await there.journal.append(aLease('run1', { epoch: 2 }), chunks(['c'], 2), NEVER);
    await there.runs.end(aLease('run1', { epoch: 2 }), aReply('ac', 2));
    expect(textOf(await within(2000, reading))).to.equal('ac');
  });

  it('never mix what successive writers write, and leave no gap (100 random interleavings)', async function () {
    this.timeout(60_000);
    await openBoth(1);
    const random = new SeededRandom();
    const crowd = new WriterCrowd([here, there], random);
    for (let round = 0; round < 10; round += 1) {
      const runIds = Array.from({ length: 10 }, (_, index) => `run${round}-${index}`);
      const acknowledged = await Promise.all(runIds.map((runId) => crowd.write(runId)));
      const journals = await journalsOf(runIds);
      for (const [index, runId] of runIds.entries())
        expect(problemWith(journals.get(runId), acknowledged[index] ?? []), `seed ${random.seed}`).to.equal(undefined);
    }
    expect(crowd.size).to.be.greaterThan(200);
  });

  async function deadlocks(): Promise<unknown> {
    return (await processes.query('select deadlocks from pg_stat_database where datname = current_database()'))[0]
      ?.deadlocks;
  }

  async function journalsOf(runIds: readonly string[]): Promise<ReadonlyMap<string, Journal>> {
    const rows = await processes.query<Journal & { readonly id: string }>(
      `select journals.run as id, last_sequence as last,
         array_agg(sequence order by sequence) as sequences, array_agg(text order by sequence) as texts
       from journals join events on events.run = journals.run where journals.run = any($1)
       group by journals.run, last_sequence`,
      [runIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
});

interface Journal {
  readonly last: number;
  readonly sequences: readonly number[];
  readonly texts: readonly string[];
}

/** A text begins with the number of its writer. */
function problemWith(journal: Journal | undefined, acknowledged: readonly string[]): string | undefined {
  const { last, sequences, texts } = journal ?? { last: 0, sequences: [], texts: [] };
  const epochs = texts.map((text) => Number.parseInt(text, 10));
  if (last !== sequences.length || sequences.some((sequence, index) => sequence !== index + 1))
    return `gap: ${sequences}`;
  if (epochs.some((epoch, index) => epoch < (epochs[index - 1] ?? 0))) return `mixed: ${texts.join('')}`;
  const lost = acknowledged.find((text) => !texts.includes(text));
  return lost && `${lost} is missing in ${texts.join('')}`;
}
