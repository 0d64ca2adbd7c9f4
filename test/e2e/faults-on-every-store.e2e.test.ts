import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamAnswer, type UpstreamStep } from '../support/upstream-server.js';

const { role, text, finish, error, done } = completionStream;
const EVENT_STREAM = { 'Content-Type': 'text/event-stream' };
const WORDS = ['One ', 'zwei ', '三 ', '\u{1f469}\u200d\u{1f680} ', 'five'];
const ANSWER = WORDS.join('');

const write = (bytes: string | Uint8Array): UpstreamStep => ({ type: 'write', bytes });
const said = (...steps: readonly UpstreamStep[]): UpstreamAnswer => ({ headers: EVENT_STREAM, steps });
const WHOLE = said(write(role), ...WORDS.map((word) => write(text(word))), write(finish('stop') + done));

for (const [name, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`on the ${name} store`, function () {
    this.timeout(60_000);
    let upstream: ScriptedUpstream;
    /** The first takes the messages; with a store that is shared, the second is another process. */
    let first: RuntimeServer;
    let second: RuntimeServer;

    beforeEach(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      const settings = {
        ...(await newStore()),
        LLM_MODE: 'vllm',
        VLLM_BASE_URL: `${upstream.url}/v1`,
        IDLE_TIMEOUT_MS: '500',
      };
      first = await RuntimeServer.start({ settings });
      second = Object.hasOwn(SHARED_STORES, name) ? await RuntimeServer.start({ settings }) : first;
    });
    afterEach(async () => {
      await Promise.all([...new Set([first, second])].map((replica) => replica.close()));
      await upstream.close();
    });

    /** These answers, one for each call; then the last for ever. */
    function answers(...given: readonly UpstreamAnswer[]): void {
      upstream.answer = () => given[Math.min(upstream.requests.length, given.length) - 1] ?? {};
    }

    /** The answer as the history has it, as soon as its run has ended. */
    async function stored(runId: string): Promise<readonly unknown[]> {
      let run = (await second.get(`/agent/runs/${runId}`)).json;
      while (run.ended_at === null) run = (await second.get(`/agent/runs/${runId}`)).json;
      const { text: body } = await second.get(`/agent/sessions/${run.session_id}/messages`);
      const messages: { role: string; content: string; status: string; run_id: string }[] = JSON.parse(body).messages;
      const own = messages.filter((message) => message.run_id === runId);
      return [run.finish_reason, ...own.map((message) => `${message.role}: ${message.content}`)];
    }

    for (const [when, sayFirst] of [
      ['before the first token', []],
      ['amid the answer', [write(text('One '))]],
    ] as const) {
      it(`goes on with an answer whose reader leaves ${when}`, async () => {
        const left = Promise.withResolvers<void>();
        const rest = WORDS.slice(sayFirst.length).map((word) => write(text(word)));
        answers(said(...sayFirst, { type: 'wait-for', promise: left.promise }, ...rest, write(finish('stop') + done)));
        const stream = await first.send();
        await stream.received(sayFirst.length);
        stream.cut();
        left.resolve();
        expect(await stored(stream.runId)).to.deep.equal(['stop', 'user: Hello there', `assistant: ${ANSWER}`]);
        expect(upstream.requests).to.have.lengthOf(1);
      });
    }

    it('cancels a run that another replica writes, and lets its upstream go', async () => {
      answers(said(write(text('One ')), { type: 'hang' }));
      const stream = await first.send();
      await stream.received(1);
      expect((await second.post(`/agent/runs/${stream.runId}/cancel`)).status).to.equal(202);
      expect((await stream.ended()).finishReason).to.equal('cancelled');
      await upstream.requests[0]?.socketClosed;
      expect(await stored(stream.runId)).to.deep.equal(['cancelled', 'user: Hello there', 'assistant: One ']);
    });

    it('makes one run of copies that come at once, some of them cut', async () => {
      answers(WHOLE);
      const copies = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          (index % 2 === 0 ? first : second).send({}, { 'Idempotency-Key': 'k' }),
        ),
      );
      for (const copy of copies.slice(0, 2)) copy.cut();
      for (const copy of copies.slice(2)) expect((await copy.ended()).text).to.equal(ANSWER);
      expect(new Set(copies.map(({ runId }) => runId)).size).to.equal(1);
      expect(upstream.requests).to.have.lengthOf(1);
      const other = aMessage({ content: 'Another' });
      expect((await second.post('/agent/message', other, { 'Idempotency-Key': 'k' })).status).to.equal(422);
    });

    it('gives a reader that comes back to another replica exactly the rest, behind every event', async () => {
      answers(WHOLE);
      const whole = await (await first.send()).ended();
      const ids = whole.frames.flatMap(({ id }) => (id === undefined ? [] : [id]));
      for (const [index, id] of ids.slice(0, -1).entries()) {
        const resumed = await second.follow(`/agent/runs/${whole.runId}/stream`, { 'Last-Event-ID': id });
        await resumed.ended();
        expect(resumed.frames).to.deep.equal(whole.frames.slice(index + 1));
      }
      const atEnd = await second.get(`/agent/runs/${whole.runId}/stream`, { 'Last-Event-ID': ids.at(-1) });
      expect(atEnd.status).to.equal(204);
    });

    it('writes an answer to its end beside a reader that takes nothing', async () => {
      const large = 'x'.repeat(32 * 1024);
      answers(said(...Array.from({ length: 128 }, () => write(text(large))), write(finish('stop') + done)));
      const stuck = await first.send();
      stuck.pause();
      const [, , answer] = await stored(stuck.runId);
      expect(String(answer).length).to.equal('assistant: '.length + 128 * large.length);
      stuck.cut();
    });

    const FAILURES: readonly (readonly [what: string, code: string, steps: readonly UpstreamStep[]])[] = [
      ['stops in good order without an end', 'upstream_truncated', []],
      ['is reset', 'upstream_truncated', [{ type: 'reset' }]],
      ['reports an error', 'upstream_error', [write(error('no') + done)]],
      ['falls silent', 'upstream_timeout', [{ type: 'hang' }]],
    ];
    for (const [what, code, steps] of FAILURES) {
      it(`keeps what a model said that ${what}, as a failed answer with ${code}`, async () => {
        const pause: UpstreamStep = { type: 'delay', milliseconds: 20 };
        answers(said(write(text('Half ')), pause, ...steps));
        const stream = await (await first.send()).ended();
        expect(stream.payloads.find(({ type }) => type === 'error')).to.include({ code });
        expect(await stored(stream.runId)).to.deep.equal(['error', 'user: Hello there', 'assistant: Half ']);
        expect(upstream.requests).to.have.lengthOf(1);
      });
    }

    it('tells nobody of a model that stopped before its first token, and was asked again', async () => {
      answers({ status: 429, headers: { 'Retry-After': '0' } }, said(write(role)), WHOLE);
      const stream = await (await first.send()).ended();
      expect([stream.text, stream.finishReason]).to.deep.equal([ANSWER, 'stop']);
      expect((await second.get(`/agent/runs/${stream.runId}`)).json.attempts).to.equal(3);
    });

    it('fails one run for a mistake of ours, and lives on', async () => {
      const gateway = new GatedGateway();
      const server = await RuntimeServer.start({ gateway, settings: await newStore() });
      const [wrong, right] = [await server.send({ session_id: 'wrong' }), await server.send({ session_id: 'right' })];
      (await gateway.call(1)).say('Half ').fail(new TypeError('a mistake'));
      (await gateway.call(2)).say('Hi').end();
      expect((await wrong.ended()).payloads[1]).to.include({ type: 'error', code: 'run_failed' });
      expect((await right.ended()).text).to.equal('Hi');
      const again = await server.send({ session_id: 'wrong' });
      (await gateway.call(3)).say('Better').end();
      expect((await again.ended()).text).to.equal('Better');
      await server.close();
    });

    it('knows nothing of an id that no store could keep', async () => {
      for (const [method, path] of [
        ['GET', '/agent/sessions/a%00b'],
        ['DELETE', '/agent/sessions/a%00b'],
        ['GET', '/agent/sessions/a%00b/messages'],
        ['GET', '/agent/sessions/a%00b/stream'],
        ['GET', '/agent/runs/a%00b'],
        ['GET', '/agent/runs/a%00b/stream'],
        ['POST', '/agent/runs/a%00b/cancel'],
      ] as const) {
        expectProblem(await first.call({ method, path }), 404);
      }
    });

    it('keeps every character that comes byte by byte', async () => {
      const bytes = Buffer.from(WORDS.map(text).join('') + finish('stop') + done);
      answers(said(...Array.from(bytes, (byte) => write(Uint8Array.of(byte)))));
      const stream = await (await first.send()).ended();
      expect(stream.text).to.equal(ANSWER);
      expect(await stored(stream.runId)).to.deep.equal(['stop', 'user: Hello there', `assistant: ${ANSWER}`]);
    });
  });
}
