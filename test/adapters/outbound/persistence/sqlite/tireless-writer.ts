import { writeSync } from 'node:fs';
import { sqliteStore } from '../../../../../src/adapters/outbound/persistence/sqlite/sqlite-store.js';
import { SystemClock } from '../../../../../src/infrastructure/system/system-clock.js';
import { aLease, anAttempt, aReply, aTurn, NEVER } from '../../../../support/builders.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';
import { tokens } from './tokens.js';

/** Run as a process of its own: accepts, appends and ends in several sessions until it is killed. What the store has
 *  taken it says on its stdout, one line for each, at once: `accepted RUN SESSION`, `appended RUN LAST`, `ended RUN
 *  LAST`. */
const [path = '', prefix = ''] = process.argv.slice(2);
const dependencies = { clock: new SystemClock(), log: new MemoryLogger(), leaseMilliseconds: 60_000 };
const store = await sqliteStore.open({ STORE_URL: `sqlite:${path}` }, dependencies);
say('ready');
await Promise.all([1, 2, 3, 4].map((index) => write(`${prefix}-${index}`)));

function say(line: string): void {
  // Not through a stream: what it says must have left this process.
  writeSync(1, `${line}\n`);
}

async function write(sessionId: string): Promise<void> {
  await accept(`${sessionId}-0`, sessionId);
  for (let index = 0; ; index += 1) {
    await accept(`${sessionId}-${index + 1}`, sessionId);
    await answer(`${sessionId}-${index}`, sessionId, 1 + (index % 7));
  }
}

async function accept(runId: string, sessionId: string): Promise<void> {
  await store.sessions.accept(aTurn({ runId, sessionId, content: runId, onBusy: 'queue', at: new Date() }));
  say(`accepted ${runId} ${sessionId}`);
}

async function answer(runId: string, sessionId: string, batches: number): Promise<void> {
  const lease = aLease(runId, { sessionId });
  await store.runs.beginAttempt(lease, anAttempt());
  let last = 0;
  for (let size = 1; size <= batches; size += 1) {
    await store.journal.append(lease, tokens(runId, last + 1, last + size), NEVER);
    last += size;
    say(`appended ${runId} ${last}`);
    await new Promise(setImmediate);
  }
  const text = tokens(runId, 1, last).map((chunk) => chunk.text);
  await store.runs.end(lease, aReply(text.join(''), last, { at: new Date() }));
  say(`ended ${runId} ${last}`);
}
