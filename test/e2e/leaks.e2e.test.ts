import { queryObjects } from 'node:v8';
import { expect } from 'chai';
import { SseResponse } from '../../src/adapters/inbound/http/sse-response.js';
import { MemoryEventLog } from '../../src/adapters/outbound/persistence/memory/memory-event-log.js';
import { FAREWELL_MILLISECONDS } from '../../src/application/ports/run-journal.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { until } from '../support/until.js';

const STREAMS = 300;
const AT_ONCE = 50;

/** Stands above all kinds of objects that could be left behind, for to look for one of them takes a second and more. */
class Counted {}
for (const { prototype } of [SseResponse, MemoryEventLog, AbortController]) {
  Object.setPrototypeOf(prototype, Counted.prototype);
}

/** What could be left behind, counted after a garbage collection. */
function leftBehind(): Record<string, number> {
  const objects = queryObjects(Counted, { format: 'count' });
  const resources = process.getActiveResourcesInfo();
  const held = ['TCPSocketWrap', 'Timeout'].map(
    (kind) => [kind, resources.filter((name) => name === kind).length] as const,
  );
  return { objects, ...Object.fromEntries(held) };
}

describe('streams that were cut', () => {
  it(`leave no listener, timer, socket or journal behind, ${STREAMS} times`, async function () {
    this.timeout(120_000);
    const warnings: string[] = [];
    // Counting objects is an experiment of Node's; all else, a listener too many above all, is ours.
    const warned = ({ name, message }: Error) => name !== 'ExperimentalWarning' && warnings.push(message);
    process.on('warning', warned);
    const gateway = new GatedGateway();
    const sockets = openSockets();
    const clock = new FixedClock();
    const service = await RuntimeServer.start({ gateway, clock });
    const settled = async (): Promise<void> => {
      await untilQuiet(service, sockets);
      // What is left of deleted sessions for those who found them in time.
      clock.advance(FAREWELL_MILLISECONDS);
      await service.get('/agent/sessions');
      await untilQuiet(service, sockets);
    };
    await cutStreams(service, gateway, 'warm-up', AT_ONCE);
    await settled();
    const before = leftBehind();
    for (let round = 0; round < STREAMS / AT_ONCE; round += 1) {
      await cutStreams(service, gateway, `round${round}`, AT_ONCE);
    }
    await settled();
    const after = leftBehind();
    await service.close();
    process.off('warning', warned);
    expect(warnings).to.deep.equal([]);
    // What was there before, of other tests too, may have gone meanwhile.
    for (const [kind, count] of Object.entries(after)) expect(count, kind).to.be.at.most(before[kind] ?? 0);
  });
});

/** A run with many readers that are cut, one after the other; then the run ends and its session is deleted. */
async function cutStreams(service: RuntimeServer, gateway: GatedGateway, sessionId: string, count: number) {
  const first = await service.send({ session_id: sessionId, content: sessionId });
  const call = await gateway.call(gateway.calls.length || 1);
  const readers = [first];
  for (let index = 1; index < count; index += 1) {
    readers.push(await service.follow(`/agent/runs/${first.runId}/stream`));
  }
  call.say('one ', 'two ');
  for (const reader of readers) {
    await reader.received(2);
    reader.cut();
  }
  call.end();
  await until(() => service.activeRuns === 0);
  await service.delete(`/agent/sessions/${sessionId}`);
  gateway.calls.length = 0;
}

/** Those of other tests in this process too. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

/** Connections close a little after their streams: then only those are left that were there before. */
async function untilQuiet(service: RuntimeServer, sockets: number): Promise<void> {
  await until(() => service.activeRuns === 0);
  await until(() => openSockets() <= sockets);
  await new Promise(setImmediate);
}
