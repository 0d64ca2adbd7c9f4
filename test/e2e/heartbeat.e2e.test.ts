import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';
import { until } from '../support/until.js';
import { within } from '../support/within.js';

const SECOND = 1000;

/** A message of control characters: six bytes of JSON for each of its own, more than the sockets between us hold. */
const FLOOD = '\u0001'.repeat(4 * 1024 * 1024);
const FLOOD_FRAMES = 64;

/** The timers of a call of the model: for its silence, and for the whole answer. */
const LIMITS = 2;

describe('an open stream', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;
  let timers: SinonFakeTimers;

  beforeEach(async () => {
    gateway = new GatedGateway();
    // The next round of the patrol is an hour away: no timer of its own among those that are counted.
    server = await RuntimeServer.start({ gateway, settings: { LEASE_TTL_S: '3600' } });
    await new Promise(setImmediate);
    timers = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    timers.restore();
    return server.close();
  });

  const pings = (stream: SseClient) => stream.comments.filter((comment) => comment === 'ping').length;

  /** The call of a run that begins now, when the first look for a request to stop it is over. */
  async function askedModel() {
    const call = await gateway.call();
    timers.tick(20);
    return call;
  }

  /** Lets 15 s pass, and the ping arrive. */
  async function beat(stream: SseClient): Promise<void> {
    const before = pings(stream);
    timers.tick(15 * SECOND - 1);
    await server.get('/health');
    expect(pings(stream)).to.equal(before);
    timers.tick(1);
    await stream.until(() => pings(stream) === before + 1);
  }

  it('has a heartbeat every 15 s in every phase, without an id', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    await stream.until(() => stream.others.length > 0);
    await beat(stream);
    await beat(stream);
    call.say('One');
    await stream.received(1);
    await beat(stream);
    call.say('two').end();
    await stream.ended();
    expect(stream.raw.match(/: ping\n\n/g)).to.have.length(3);
    expect(stream.frames.map(({ id }) => id)).to.deep.equal([
      `${stream.runId}-1`,
      `${stream.runId}-2`,
      `${stream.runId}-3`,
      undefined,
    ]);
  });

  it('has a heartbeat while its message waits in the queue, and when it was resumed', async () => {
    const active = await server.send();
    const queued = await server.send({ on_busy: 'queue' });
    const resumed = await server.follow(`/agent/runs/${active.runId}/stream`);
    for (const stream of [active, queued, resumed]) await stream.until(() => stream.others.length > 0);
    timers.tick(15 * SECOND);
    for (const stream of [active, queued, resumed]) await stream.until(() => pings(stream) === 1);
  });

  it('leaves no timer behind, whole or cut', async () => {
    const whole = await server.send();
    const cut = await server.follow(`/agent/runs/${whole.runId}/stream`);
    const call = await askedModel();
    expect(timers.countTimers()).to.equal(2 + LIMITS);
    cut.cut();
    await until(() => timers.countTimers() === 1 + LIMITS);
    call.say('Hi').end();
    await whole.ended();
    await until(() => timers.countTimers() === 0);
  });

  it('is cut when its reader takes nothing for 30 s, while the run and the other readers go on', async () => {
    const stream = await server.send();
    const call = await askedModel();
    await stream.until(() => stream.others.length > 0);
    const slow = await server.follow(`/agent/runs/${stream.runId}/stream`);
    await slow.until(() => slow.others.length > 0);
    slow.pause();
    call.say(FLOOD);
    await stream.received(FLOOD_FRAMES);
    // Two heartbeats, and the wait for the slow reader.
    await until(() => timers.countTimers() === 3 + LIMITS);
    timers.tick(30 * SECOND - 1);
    call.say('still here');
    await stream.received(FLOOD_FRAMES + 1);
    expect(timers.countTimers()).to.equal(3 + LIMITS);
    timers.tick(1);
    await until(() => timers.countTimers() === 1 + LIMITS);
    slow.resume();
    await slow.ended();
    expect(slow.isWhole).to.equal(false);
    expect(pings(slow)).to.equal(0);
    call.end();
    await stream.ended();
    expect(stream.text).to.equal(`${FLOOD}still here`);
    const resumed = await server.follow(`/agent/runs/${stream.runId}/stream`, { 'Last-Event-ID': String(slow.lastId) });
    await resumed.ended();
    expect(slow.text + resumed.text).to.equal(stream.text);
  }).timeout(60_000);

  it('is not cut when its reader is slow but goes on reading', async () => {
    const stream = await server.send();
    const call = await askedModel();
    await stream.until(() => stream.others.length > 0);
    stream.pause();
    call.say(FLOOD).end();
    await until(() => server.activeRuns === 0 && timers.countTimers() === 2);
    timers.tick(29 * SECOND);
    stream.resume();
    await stream.ended();
    expect(pings(stream)).to.equal(0);
    expect(stream.text).to.equal(FLOOD);
    expect(stream.finishReason).to.equal('stop');
    await until(() => timers.countTimers() === 0);
  }).timeout(60_000);

  it('that is cut for being slow is the last reader of a run that is to be cancelled then', async () => {
    const stream = await server.send({ on_disconnect: 'cancel' });
    const call = await askedModel();
    await stream.until(() => stream.others.length > 0);
    stream.pause();
    call.say(FLOOD);
    await until(() => timers.countTimers() === 2 + LIMITS);
    timers.tick(30 * SECOND);
    timers.restore();
    await within(1000, call.released);
    stream.cut();
  });
});
