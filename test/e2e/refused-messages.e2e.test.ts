import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';

const { role, text, finish, done } = completionStream;

function streamed(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: [{ type: 'write', bytes }] };
}

const failing = (status: number, code = ''): UpstreamAnswer => ({
  status,
  steps: [{ type: 'write', bytes: JSON.stringify({ error: { code, message: 'canary' } }) }],
});

const REFUSALS: readonly (readonly [what: string, answer: UpstreamAnswer])[] = [
  ['is refused', failing(400)],
  ['is too long', failing(413)],
  ['cannot be processed', failing(422)],
  ['is refused by the content filter', failing(400, 'content_filter')],
  ['is refused inside a good answer', streamed('data: {"error":{"code":400}}\n\n')],
  ['is answered until the content filter cuts it', streamed(role + text('Well, ') + finish('content_filter') + done)],
];

describe('a message that the provider refuses', () => {
  let upstream: ScriptedUpstream;
  let server: RuntimeServer;
  let log: MemoryLogger;

  async function start(settings: Record<string, string> = {}): Promise<void> {
    log = new MemoryLogger();
    const own = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1`, SYSTEM_ROLE: 'none', ...settings };
    server = await RuntimeServer.start({ settings: own, log });
  }

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
  });
  afterEach(async () => {
    await server.close();
    await upstream.close();
  });

  /** What the model was asked last. */
  const asked = (): unknown => JSON.parse(upstream.requests.at(-1)?.body ?? '{}').messages;

  for (const [store, settings] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
    it(`stays in the history and is in no later prompt (${store})`, async () => {
      await start(await settings());
      for (const [index, [what, refusal]] of REFUSALS.entries()) {
        const session = `session${index}`;
        upstream.answer = ({ body }) =>
          body.includes('bad') ? refusal : streamed(role + text('Hello') + finish('stop') + done);
        await server.converse('bad', session);
        const { text: answer } = await server.converse('good', session);
        expect(answer, what).to.equal('Hello');
        expect(asked(), what).to.deep.equal([{ role: 'user', content: 'good' }]);
        const { json } = await server.get(`/agent/sessions/${session}/messages`);
        expect(json, what).to.have.nested.property('messages[0].content', 'bad');
      }
    });
  }

  for (const [store, settings] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
    it(`is joined with the next one where the answer has nothing but blanks, which stays in the history (${store})`, async () => {
      await start(await settings());
      upstream.answer = () => streamed(role + text(' \n\u3000') + finish('stop') + done);
      await server.converse('one');
      await server.converse('two');
      expect(asked()).to.deep.equal([{ role: 'user', content: 'one\n\ntwo' }]);
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].content').that.matches(/^\s+$/);
    });
  }

  it('stays in prompts when it was refused for another reason', async () => {
    await start({ UPSTREAM_RETRIES: '0' });
    for (const status of [401, 402, 404, 429, 503]) {
      upstream.answer = ({ body }) =>
        body.includes('two') ? streamed(role + text('Hello') + finish('stop') + done) : failing(status);
      await server.converse('one', `session${status}`);
      await server.converse('two', `session${status}`);
      expect(asked(), String(status)).to.deep.equal([{ role: 'user', content: 'one\n\ntwo' }]);
    }
  });

  it('never shuts others out, however often its sender tries', async () => {
    await start();
    for (const refusal of [failing(400), streamed('data: {"error":{"code":400}}\n\n'), streamed(done)]) {
      upstream.answer = ({ body }) =>
        body.includes('bad') ? refusal : streamed(role + text('Hello') + finish('stop') + done);
      const sent = Array.from({ length: 25 }, (_, index) => server.converse('bad', `s${index}`));
      await Promise.all(sent);
      expect((await server.converse('good', 'other')).text).to.equal('Hello');
    }
  });

  it('is logged with the address and the status of the upstream, and nothing that it said', async () => {
    await start();
    for (const [answer, status, code] of [
      [failing(404), 404, 'upstream_unknown_model'],
      [streamed('data: {"error":{"code":400,"message":"canary"}}\n\n'), 200, 'upstream_rejected'],
    ] as const) {
      upstream.answer = () => answer;
      await server.converse('Hi', `session${status}`);
      const line = log.lines.filter(({ message }) => message === 'upstream failed').at(-1);
      const address = `${new URL(upstream.url).host}/v1/chat/completions`;
      expect(line).to.include({ address, status, code });
    }
    expect(JSON.stringify(log.lines)).not.to.contain('canary');
  });
});
