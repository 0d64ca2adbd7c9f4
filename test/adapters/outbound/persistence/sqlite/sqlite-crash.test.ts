import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { sqliteStore } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import type { Run } from '../../../../../src/domain/run.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { aReply, collect, errorOf, NEVER, textOf } from '../../../../support/builders.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { messagesIn } from '../../../../support/messages-in.js';
import { eventsOf } from '../../../../support/pulled.js';
import { SeededRandom } from '../../../../support/seeded-random.js';
import { until } from '../../../../support/until.js';
import { NewFiles } from './new-files.js';
import { tokens } from './tokens.js';

const ROUNDS = 8;
const WRITER = fileURLToPath(new URL('./tireless-writer.js', import.meta.url));

describe('SQLite store whose process is killed', function () {
  this.timeout(60_000);
  const files = new NewFiles();
  before(() => files.begin());
  after(() => files.remove());

  it('has everything that it had taken, without a gap, and lets its runs be claimed at once', async () => {
    const random = new SeededRandom();
    const path = files.next();
    const taken = new Taken();
    for (let round = 0; round < ROUNDS; round += 1) {
      const said = await writeAndDie(path, `round${round}`, random);
      taken.add(said);
      const store = await open(path);
      await endOrphans(store);
      await expectAll(store, taken, `seed ${random.seed}, round ${round}`);
      await store.close();
    }
    process.stdout.write(`      killed ${ROUNDS} times after ${taken.lines} answers, seed ${random.seed}\n`);
    expect(taken.lines).to.be.greaterThan(ROUNDS);
  });

  it('gives its file to the next process, which was refused before', async () => {
    const path = files.next();
    const writer = start(path, 'only');
    await once(writer.stdout, 'data');
    expect(await errorOf(open(path)))
      .to.have.property('message')
      .match(new RegExp(`^The SQLite store ${path} cannot be opened: another process uses it; stop that one, or `));
    await kill(writer);
    const store = await open(path);
    expect(await store.leases.claimOrphans(9)).to.not.deep.equal([]);
    await store.close();
  });

  function open(path: string): Promise<Store> {
    const dependencies = { clock: new SystemClock(), log: new MemoryLogger(), leaseMilliseconds: 60_000 };
    return sqliteStore.open({ STORE_URL: `sqlite:${path}` }, dependencies);
  }
});

/** What a store said that it had taken. */
class Taken {
  lines = 0;
  readonly accepted = new Map<string, string>();
  readonly lasts = new Map<string, number>();
  readonly ended = new Set<string>();

  add(said: string): void {
    // Whatever was said last may be cut off.
    for (const line of said.split('\n').slice(0, -1)) this.addLine(line.split(' '));
  }

  private addLine([what, runId = '', rest = '']: readonly string[]): void {
    this.lines += 1;
    if (what === 'accepted') this.accepted.set(runId, rest);
    if (what === 'appended') this.lasts.set(runId, Number(rest));
    if (what === 'ended') this.ended.add(runId);
  }
}

/** Dies at any moment, also while it opens the file for the first time. Returns what it said until then. */
async function writeAndDie(path: string, prefix: string, random: SeededRandom): Promise<string> {
  const writer = start(path, prefix);
  const said = text(writer.stdout);
  if (random.whole(3) === 0) await delay(random.whole(200));
  else await linesOf(writer.stdout, 1 + random.whole(100));
  await kill(writer);
  return said;
}

/** Resolves when so many have come, however long they take. */
async function linesOf(output: Readable, wanted: number): Promise<void> {
  let lines = 0;
  output.on('data', (piece: Buffer) => {
    lines += piece.toString().split('\n').length - 1;
  });
  await until(() => lines >= wanted);
}

function start(path: string, prefix: string): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [WRITER, path, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function kill(writer: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  const closed = once(writer, 'close');
  writer.kill('SIGKILL');
  await closed;
}

/** As a new process does with what the old one left behind; those that were queued behind them have their turns
 *  then. */
async function endOrphans(store: Store): Promise<void> {
  for (const orphan of await store.leases.claimOrphans(1000)) {
    expect(orphan).to.include({ status: 'running', epoch: 2 });
    let next: Run | undefined = orphan;
    while (next !== undefined) next = await endAsJournalled(store, next);
  }
}

async function endAsJournalled(store: Store, run: Run): Promise<Run | undefined> {
  const { last } = await store.journal.position(run.id);
  const written = tokens(run.id, 1, last).map(({ text }) => text);
  const { next } = await store.runs.end(run, aReply(written.join(''), last, { at: new Date() }));
  return next;
}

async function expectAll(store: Store, { accepted, lasts, ended }: Taken, when: string): Promise<void> {
  expect(await store.leases.claimOrphans(1000), when).to.deep.equal([]);
  for (const [runId, sessionId] of accepted) {
    const run = await store.runs.find(runId);
    const events = await collect(eventsOf(store.journal, runId, 0, NEVER));
    const last = events.length - 1;
    expect(run, when).to.include({ sessionId, status: 'completed' });
    expect(run.epoch === 1 || !ended.has(runId), when).to.equal(true);
    expect(last, when).to.be.at.least(lasts.get(runId) ?? 0);
    expect(events.slice(0, -1), when).to.deep.equal(tokens(runId, 1, last));
    expect(events.at(-1), when).to.include({ type: 'run-end', sequence: last + 1 });
    await expectMessages(store, run, textOf(events), when);
  }
}

async function expectMessages(store: Store, run: Run, answer: string, when: string): Promise<void> {
  const messages = (await messagesIn(store.sessions, run.sessionId)).filter(({ runId }) => runId === run.id);
  const expected = answer === '' ? [run.id] : [run.id, answer];
  expect(
    messages.map(({ content }) => content),
    when,
  ).to.deep.equal(expected);
}
