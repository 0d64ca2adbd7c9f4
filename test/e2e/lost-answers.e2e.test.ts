import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import type { SseClient } from '../support/sse-client.js';
import { ScriptedUpstream } from '../support/upstream-server.js';

const { text, finish, done } = completionStream;
const QUESTIONS = ['First', 'Second'];
const WORDS = ['One ', 'zwei ', '三'];
const ANSWER = WORDS.join('');
const RETRY_MS = 20;

for (const [name, newStore] of Object.entries(SHARED_STORES)) {
  describe(`a conversation in which one answer of the store is lost, on ${name}`, function () {
    this.timeout(90_000);
    let upstream: ScriptedUpstream;
    let proxy: FaultProxy;
    let server: RuntimeServer;

    before(async () => {
      upstream = new ScriptedUpstream();
      await upstream.start();
      upstream.answer = () => ({
        headers: { 'Content-Type': 'text/event-stream' },
        steps: [...WORDS.map(text), finish('stop') + done].flatMap((bytes) => [
          { type: 'write', bytes } as const,
          { type: 'delay', milliseconds: 5 } as const,
        ]),
      });
      const store = await newStore();
      const through = await FaultProxy.inFrontOf(store.STORE_URL);
      proxy = through.proxy;
      const model = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1` };
      // A run that waits for a lease to end would take longer than this test may.
      const settings = { ...model, ...store, STORE_URL: through.url, LEASE_TTL_S: '600' };
      server = await RuntimeServer.start({ settings });
    });
    after(async () => {
      await server.close();
      await Promise.all([proxy.close(), upstream.close()]);
    });

    it('has each message and its answer once, of one call of the model, whichever answer that is', async () => {
      let lost = 0;
      let isUndisturbed = false;
      while (!isUndisturbed) {
        lost += 1;
        proxy.loseAnswer(lost);
        const streams = await conversation(`session${lost}`);
        isUndisturbed = proxy.loseNothing();
        await expectEachOnce(`session${lost}`, streams);
      }
      // The store answers four writes for a message, at the least.
      expect(lost).to.be.greaterThan(4 * QUESTIONS.length);
    });

    async function conversation(session_id: string): Promise<readonly SseClient[]> {
      const streams: SseClient[] = [];
      for (const question of QUESTIONS)
        streams.push(await answered({ session_id, content: `${session_id}:${question}` }));
      return streams;
    }

    async function expectEachOnce(session: string, streams: readonly SseClient[]): Promise<void> {
      for (const stream of streams) {
        expect([stream.text, stream.finishReason], session).to.deep.equal([ANSWER, 'stop']);
        const run = await server.get(`/agent/runs/${stream.runId}`);
        expect(run.json, session).to.include({ status: 'completed', attempts: 1 });
        const again = await server.follow(`/agent/runs/${stream.runId}/stream`);
        expect((await again.ended()).frames, session).to.deep.equal(stream.frames);
      }
      const asked = upstream.requests.filter(({ body }) => body.includes(`${session}:`));
      expect(asked, session).to.have.lengthOf(QUESTIONS.length);
      const { text: body } = await server.get(`/agent/sessions/${session}/messages`);
      const messages: readonly { role: string; content: string }[] = JSON.parse(body).messages;
      expect(messages.map(({ role, content }) => `${role}: ${content}`)).to.deep.equal(
        QUESTIONS.flatMap((question) => [`user: ${session}:${question}`, `assistant: ${ANSWER}`]),
      );
    }

    /** As clients do it: what is refused for now, or breaks off, is sent again with its key. */
    async function answered(message: { session_id: string; content: string }): Promise<SseClient> {
      for (;;) {
        const stream = await server.send(message, { 'Idempotency-Key': message.content });
        await stream.ended();
        if (stream.finishReason !== undefined) return stream;
        if (stream.status !== 200) expect(stream.status, stream.raw).to.equal(503);
        await delay(RETRY_MS);
      }
    }
  });
}
