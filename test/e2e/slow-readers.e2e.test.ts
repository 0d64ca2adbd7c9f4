import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { socketsOf } from '../fuzz/after-barrage.js';
import { measure } from '../soak/measurement.js';
import { completionStream } from '../support/completion-stream.js';
import { openHttp } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamStep } from '../support/upstream-server.js';

const MEBIBYTE = 1024 * 1024;
/** The service ends an answer of this size at about 8 MiB, which is what its journal may hold. */
const ANSWER_BYTES = 10 * MEBIBYTE;
const JOURNAL_BYTES = 8 * MEBIBYTE;
const BOUND_BYTES = 20 * MEBIBYTE;
const DELTA = 'x'.repeat(64 * 1024);
const MEASUREMENTS = 5;

/** One that holds everything itself, and one that is asked for it by each reader, of which fewer make the point. */
const STORES = [
  ['memory', 40],
  ['Redis', 6],
] as const;

const SELF_REPORT = fileURLToPath(new URL('../soak/self-report.js', import.meta.url));

const HEADERS = {
  'X-Internal-Auth': INTERNAL_KEY,
  'Content-Type': 'application/json',
  'Idempotency-Key': 'the-only-message',
};

for (const [store, count] of STORES) {
  describe(`readers that stop reading, on ${store}`, () => {
    let folder: string;
    let upstream: ScriptedUpstream;
    let service: ServiceProcess;
    const readers: IncomingMessage[] = [];

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'agent-runtime-slow-'));
      upstream = new ScriptedUpstream();
      await upstream.start();
      const stored = await { ...EMBEDDED_STORES, ...SHARED_STORES }[store]();
      const settings = { ...stored, LLM_MODE: 'proxy', LLM_PROXY_URL: upstream.url };
      const execArgv = ['--expose-gc', '--import', SELF_REPORT];
      service = await ServiceProcess.start(folder, settings, { execArgv, hasChannel: true });
    });
    after(async () => {
      for (const reader of readers) reader.destroy();
      await service.kill();
      await upstream.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** A reader that takes the head of its answer and nothing more. */
    const joinRun = async (runId: string) => {
      const headers = { 'X-Internal-Auth': INTERNAL_KEY };
      readers.push(await openHttp(service.origin, { path: `/agent/runs/${runId}/stream`, headers }));
    };
    const held = async () => {
      const { heapUsed = 0, external = 0 } = await measure(service);
      return heapUsed + external;
    };

    it(`cost the process less than ${BOUND_BYTES / MEBIBYTE} MiB, ${count} of them and an answer of 10 MB`, async () => {
      const gate = Promise.withResolvers<void>();
      upstream.answer = () => ({ headers: { 'Content-Type': 'text/event-stream' }, steps: longAnswer(gate.promise) });
      const first = await openHttp(service.origin, {
        method: 'POST',
        path: '/agent/message/stream',
        headers: HEADERS,
        body: JSON.stringify(aMessage()),
      });
      readers.push(first);
      const runId = String(first.headers['x-run-id']);
      const before = await held();
      // Half of them follow while it is written; the others come later, and each is told it again from the journal.
      while (readers.length < count / 2) await joinRun(runId);
      gate.resolve();
      while ((await service.get(`/agent/runs/${runId}`)).json.ended_at === null) await delay(20);
      while (readers.length < count) await joinRun(runId);
      const growths: number[] = [];
      while (growths.length < MEASUREMENTS) {
        growths.push((await held()) - before);
        await delay(50);
      }
      expect((await socketsOf(service.pid)) ?? count, 'readers that are still there').to.be.at.least(count);
      expect(Math.max(...growths) - JOURNAL_BYTES).to.be.lessThan(BOUND_BYTES);
      expect((await service.get('/health')).status).to.equal(200);
      for (const reader of readers.splice(0)) reader.destroy();
    }).timeout(60_000);

    it(`cost no more when ${count} ask for that answer whole, by two wires; who then reads gets all of it`, async () => {
      const call = { method: 'POST', path: '/agent/message', headers: HEADERS, body: JSON.stringify(aMessage()) };
      const { messages } = JSON.parse((await service.get('/agent/sessions/demo/messages')).text);
      const asResponse = { path: `/v1/responses/resp_${messages[1].run_id}`, headers: HEADERS };
      const before = await held();
      while (readers.length < count)
        readers.push(await openHttp(service.origin, readers.length % 2 ? call : asResponse));
      expect((await held()) - before).to.be.lessThan(BOUND_BYTES);
      expect((await socketsOf(service.pid)) ?? count, 'readers that are still there').to.be.at.least(count);
      const answer = await wholeJson(readers.pop());
      expect(answer.message.content === messages[1].content, 'all of it').to.equal(true);
      expect(answer).to.include.all.keys('session_id', 'run_id', 'message', 'finish_reason', 'usage');
      const { output } = await wholeJson(readers.pop());
      expect(output[0].content[0].text === messages[1].content, 'all of it, as a response').to.equal(true);
    }).timeout(60_000);
  });
}

async function wholeJson(reader: AsyncIterable<Buffer> | undefined) {
  const pieces: Buffer[] = [];
  for await (const piece of reader ?? []) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

function* longAnswer(gate: Promise<unknown>): Generator<UpstreamStep> {
  yield { type: 'wait-for', promise: gate };
  for (let sent = 0; sent < ANSWER_BYTES; sent += DELTA.length) {
    yield { type: 'write', bytes: completionStream.text(DELTA) };
  }
  yield { type: 'write', bytes: completionStream.finish('stop') + completionStream.done };
}
