import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import type { HttpAnswer } from '../support/http-client.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';
import { within } from '../support/within.js';

const STREAM = '/agent/message/stream';
const HOUR = 60 * 60 * 1000;

describe('resuming', () => {
  let clock: FixedClock;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    clock = new FixedClock();
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, clock, settings: { SESSION_TTL_S: '864000' } });
  });
  afterEach(() => server.close());

  /** An answer of three tokens and its ending: four events. */
  async function answered(session_id = 'demo'): Promise<SseClient> {
    const number = gateway.calls.length + 1;
    const stream = await server.send({ session_id });
    (await gateway.call(number)).say('One ', 'two ', 'three').end();
    return stream.ended();
  }

  /** The part of a stream behind an event: what a client that saw that event must get. */
  const behind = (stream: SseClient, sequence: number): string => {
    const frames = stream.body.split(/(?<=\n\n)/);
    return frames.slice(sequence).join('');
  };

  const runPath = (run: string) => `/agent/runs/${run}/stream`;

  /** The three ways to come back. */
  const WAYS: Readonly<Record<string, (run: string, sequence: number) => Promise<SseClient>>> = {
    'GET and a header': (run, sequence) => server.follow(runPath(run), { 'Last-Event-ID': `${run}-${sequence}` }),
    'GET and a query': (run, sequence) => server.follow(`${runPath(run)}?last_event_id=${run}-${sequence}`),
    'the same POST': (run, sequence) => server.send({}, { 'Last-Event-ID': `${run}-${sequence}` }),
  };

  for (const [way, comeBack] of Object.entries(WAYS)) {
    describe(`with ${way}`, () => {
      it('gives exactly the rest after the run ended, behind every event', async () => {
        const stream = await answered();
        for (const sequence of [0, 1, 2, 3]) {
          const resumed = await comeBack(stream.runId, sequence);
          await resumed.ended();
          expect(resumed.status).to.equal(200);
          expect(resumed.body).to.equal(behind(stream, sequence));
          expect(resumed.runId).to.equal(stream.runId);
          expect(resumed.headers['content-location']).to.equal(`/agent/runs/${stream.runId}`);
        }
        expect(gateway.calls).to.have.length(1);
      });

      it('answers 204 at the ending', async () => {
        const stream = await answered();
        const resumed = await comeBack(stream.runId, 4);
        await resumed.ended();
        expect(resumed.status).to.equal(204);
        expect(resumed.raw).to.equal('');
      });

      it('answers 400 to a cursor beyond the last event', async () => {
        const stream = await answered();
        for (const sequence of [5, 999_999_999]) {
          expect((await comeBack(stream.runId, sequence)).status).to.equal(400);
        }
      });

      it('answers 410 when the journal is no longer kept', async () => {
        const stream = await answered();
        clock.advance(HOUR - 1);
        const kept = await comeBack(stream.runId, 1);
        expect(kept.status).to.equal(200);
        clock.advance(1);
        expect((await comeBack(stream.runId, 1)).status).to.equal(410);
        expect((await comeBack(stream.runId, 4)).status).to.equal(410);
      });
    });
  }

  for (const [way, comeBack] of Object.entries(WAYS)) {
    it(`goes on with ${way} while the run goes on, without a loss and without a repeat`, async () => {
      const stream = await server.send();
      const call = await gateway.call();
      call.say('One ', 'two ');
      await stream.received(2);
      stream.cut();
      call.say('three ');
      const resumed = await comeBack(stream.runId, 1);
      await resumed.received(2);
      call.say('four').end();
      await resumed.ended();
      const ids = resumed.frames.slice(0, -1).map(({ id }) => id);
      expect(ids).to.deep.equal([2, 3, 4, 5].map((sequence) => `${stream.runId}-${sequence}`));
      expect(resumed.text).to.equal('two three four');
      expect(gateway.calls).to.have.length(1);
    });
  }

  it('waits at the last event of a run that goes on', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    call.say('One ');
    await stream.received(1);
    const resumed = await server.follow(runPath(stream.runId), { 'Last-Event-ID': `${stream.runId}-1` });
    await resumed.until(() => resumed.others.length > 0);
    expect(resumed.frames).to.deep.equal([]);
    call.say('two').end();
    await resumed.ended();
    expect(resumed.text).to.equal('two');
  });

  it('gives the whole stream to a reader that has seen nothing', async () => {
    const stream = await answered();
    for (const headers of [{}, { 'Last-Event-ID': `${stream.runId}-0` }, { 'Last-Event-ID': '' }]) {
      const resumed = await server.follow(runPath(stream.runId), headers);
      await resumed.ended();
      expect(resumed.body).to.equal(stream.body);
    }
  });

  it('gives any number of readers the same bytes, from one call of the upstream', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    call.say('One ');
    await stream.received(1);
    const readers = await Promise.all(Array.from({ length: 20 }, () => server.follow(runPath(stream.runId))));
    call.say('two ').say('three').end();
    await Promise.all([stream, ...readers].map((reader) => reader.ended()));
    expect(new Set([stream, ...readers].map(({ body }) => body)).size).to.equal(1);
    expect(stream.text).to.equal('One two three');
    expect(gateway.calls).to.have.length(1);
  });

  it('prefers the header to the query', async () => {
    const { runId } = await answered();
    const resumed = await server.follow(`${runPath(runId)}?last_event_id=${runId}-0`, {
      'Last-Event-ID': `${runId}-3`,
    });
    await resumed.ended();
    expect(resumed.payloads).to.have.length(1);
  });

  it('takes the cursor of a POST from its query too', async () => {
    const { runId } = await answered();
    const { text } = await server.post(`${STREAM}?last_event_id=${runId}-3`, aMessage());
    expect(text).to.contain(`id: ${runId}-4\n`).and.not.to.contain(`id: ${runId}-3\n`);
    expect(gateway.calls).to.have.length(1);
  });

  it('keeps the ending of a failed, a cancelled and an interrupted run', async () => {
    const cancelled = await server.send({ session_id: 'one' });
    (await gateway.call(1)).say('Half');
    await cancelled.received(1);
    await server.post(`/agent/runs/${cancelled.runId}/cancel`);
    const interrupted = await server.send({ session_id: 'two' });
    (await gateway.call(2)).say('Half');
    await interrupted.received(1);
    await server.send({ session_id: 'two', on_busy: 'interrupt' });
    const failed = await server.send({ session_id: 'three' });
    (await gateway.call(4)).say('Half').fail(new Error('inner'));
    for (const stream of [cancelled, interrupted, failed]) {
      await stream.ended();
      const resumed = await server.follow(runPath(stream.runId), { 'Last-Event-ID': `${stream.runId}-1` });
      await resumed.ended();
      expect(resumed.body).to.equal(behind(stream, 1));
      expect(resumed.finishReason).not.to.equal('stop');
    }
  });

  describe('with a cursor that is none', () => {
    const MALFORMED = [
      'x',
      '1',
      '-1',
      'RUN',
      'RUN-',
      'RUN-x',
      'RUN--1',
      'RUN-01',
      'RUN-00',
      'RUN-1.0',
      'RUN-1e3',
      'RUN-+1',
      'RUN- 1',
      'RUN-1 2',
      'RUN-1-1',
      'RUN-0x1',
      'RUN-9999999999999999999999',
      'RUN_1',
      'rün-1',
      '[DONE]',
      `${'x'.repeat(10_000)}-1`,
    ];

    for (const cursor of MALFORMED) {
      it(`answers 400 to ${JSON.stringify(cursor.slice(0, 30))} on every route`, async () => {
        const { runId } = await answered();
        const sent = { 'Last-Event-ID': cursor.replace('RUN', runId) };
        const query = `?last_event_id=${encodeURIComponent(sent['Last-Event-ID'])}`;
        for (const answer of [
          await server.get(runPath(runId), sent),
          await server.get(runPath(runId) + query),
          await server.post(STREAM, aMessage(), sent),
          await server.get('/agent/sessions/demo/stream', sent),
        ]) {
          expectProblem(answer, 400, 'invalid_cursor');
        }
        expect(gateway.calls).to.have.length(1);
      });
    }

    it('answers 400 to a cursor that is sent twice', async () => {
      const { runId } = await answered();
      const twice = { 'Last-Event-ID': [`${runId}-1`, `${runId}-2`] };
      expectProblem(await server.get(runPath(runId), twice), 400, 'invalid_cursor');
      const query = `?last_event_id=${runId}-1&last_event_id=${runId}-2`;
      expectProblem(await server.get(runPath(runId) + query), 400, 'invalid_cursor');
    });
  });

  it('answers 400 to the cursor of another run', async () => {
    const one = await answered('one');
    const two = await answered('two');
    const cursor = { 'Last-Event-ID': `${two.runId}-1` };
    expectProblem(await server.get(runPath(one.runId), cursor), 400, 'invalid_cursor');
  });

  it('answers 404 to an unknown run, with any cursor', async () => {
    expectProblem(await server.get(runPath('unknown')), 404, 'run_not_found');
    expectProblem(await server.get(runPath('unknown'), { 'Last-Event-ID': 'unknown-1' }), 404, 'run_not_found');
  });

  it('still shows a run whose journal is gone, and its answer in the history', async () => {
    const { runId } = await answered();
    clock.advance(HOUR);
    expectProblem(await server.get(runPath(runId)), 410, 'resume_expired');
    expect((await server.get(`/agent/runs/${runId}`)).json).to.include({ status: 'completed' });
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].content', 'One two three');
  });

  it('keeps a journal for as long as the settings say, counted from the ending', async () => {
    const brief = await RuntimeServer.start({ gateway, clock, settings: { JOURNAL_TTL_S: '10' } });
    try {
      const stream = await brief.send();
      const call = await gateway.call();
      clock.advance(HOUR);
      call.say('Hi').end();
      await stream.ended();
      clock.advance(9999);
      expect((await brief.get(runPath(stream.runId))).status).to.equal(200);
      clock.advance(1);
      expectProblem(await brief.get(runPath(stream.runId)), 410, 'resume_expired');
    } finally {
      await brief.close();
    }
  });

  describe('with POST', () => {
    const repeat = (message: Parameters<typeof aMessage>[0], cursor: string): Promise<HttpAnswer> =>
      server.post(STREAM, aMessage(message), { 'Last-Event-ID': cursor });

    it('answers 422 to another body', async () => {
      const { runId } = await answered();
      for (const message of [{ content: 'Other' }, { on_busy: 'queue' }, { on_disconnect: 'cancel' }]) {
        expectProblem(await repeat(message, `${runId}-1`), 422, 'cursor_mismatch');
      }
      expect(gateway.calls).to.have.length(1);
    });

    it('takes a body that differs in unknown fields, order or spaces for the same', async () => {
      const { runId } = await answered();
      const body = '{ "extra": [1],\n "content": "Hello\\u0020there", "type": "user_message", "session_id": "demo" }';
      const headers = { 'Content-Type': 'application/json', 'Last-Event-ID': `${runId}-1` };
      expect((await server.call({ method: 'POST', path: STREAM, headers, body })).status).to.equal(200);
      expect(gateway.calls).to.have.length(1);
    });

    it("answers 400 to the run of another session, and tells nothing of that session's run", async () => {
      const { runId } = await answered('one');
      const answer = await repeat({ session_id: 'two' }, `${runId}-1`);
      expectProblem(answer, 400, 'invalid_cursor');
      expect(answer.text).not.to.contain('three');
      expectProblem(await server.get('/agent/sessions/two'), 404, 'session_not_found');
    });

    it('answers 410 to a run that is no longer kept', async () => {
      expectProblem(await repeat({}, 'unknown-1'), 410, 'resume_expired');
      const { runId } = await answered();
      await server.delete('/agent/sessions/demo');
      expectProblem(await repeat({}, `${runId}-1`), 410, 'resume_expired');
      expectProblem(await server.get('/agent/sessions/demo'), 404, 'session_not_found');
      expect(gateway.calls).to.have.length(1);
    });

    it('resumes also where the session is busy with a later message', async () => {
      const { runId } = await answered();
      await server.send({ content: 'Later' });
      await gateway.call(2);
      expect((await repeat({}, `${runId}-2`)).text).to.contain(`id: ${runId}-3\n`);
    });

    it('takes the cursor before the idempotency key', async () => {
      const first = await answered();
      const second = await server.send({ content: 'Second' }, { 'Idempotency-Key': 'a' });
      (await gateway.call(2)).say('Two').end();
      await second.ended();
      const headers = { 'Last-Event-ID': `${first.runId}-3`, 'Idempotency-Key': 'a' };
      const answer = await server.post(STREAM, aMessage(), headers);
      expect(answer.headers).to.include({ 'x-run-id': first.runId }).and.not.to.have.property('idempotency-replayed');
    });
  });

  describe('GET /agent/sessions/{id}/stream', () => {
    it('joins the active run from its start', async () => {
      const stream = await server.send();
      const call = await gateway.call();
      call.say('One ');
      await stream.received(1);
      const joined = await server.follow('/agent/sessions/demo/stream');
      await joined.received(1);
      call.say('two').end();
      await Promise.all([stream.ended(), joined.ended()]);
      expect(joined.body).to.equal(stream.body);
      expect(joined.runId).to.equal(stream.runId);
    });

    it('answers 204 when nothing runs', async () => {
      await answered();
      const answer = await within(1000, server.get('/agent/sessions/demo/stream'));
      expect(answer.status).to.equal(204);
      expect(answer.text).to.equal('');
    });

    it('gives a reader that comes back the rest of what it was reading', async () => {
      const stream = await server.send();
      const call = await gateway.call();
      call.say('One ', 'two ');
      await stream.received(2);
      const back = await server.follow('/agent/sessions/demo/stream', { 'Last-Event-ID': `${stream.runId}-1` });
      call.say('three').end();
      await back.ended();
      expect(back.text).to.equal('two three');
    });
  });
});
