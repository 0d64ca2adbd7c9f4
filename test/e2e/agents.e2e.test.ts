import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completionStream } from '../support/completion-stream.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { samplesOf } from '../support/metric-samples.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { ScriptedUpstream, type UpstreamAnswer, type UpstreamRequest } from '../support/upstream-server.js';

const { role, text, reasoning, finish, error, done } = completionStream;
const WHOLE = streamed(role + text('Hello') + finish('stop') + done);

describe('agents', () => {
  let folder: string;
  let first: ScriptedUpstream;
  let second: ScriptedUpstream;
  let server: RuntimeServer | undefined;
  let log: MemoryLogger;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agents-'));
    [first, second] = [new ScriptedUpstream(), new ScriptedUpstream()];
    await Promise.all([first.start(), second.start()]);
    first.answer = () => WHOLE;
    second.answer = () => WHOLE;
    log = new MemoryLogger();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await Promise.all([first.close(), second.close()]);
    rmSync(folder, { recursive: true });
  });

  async function start(agents: object, settings: Record<string, string> = {}): Promise<RuntimeServer> {
    const path = join(folder, 'agents.json');
    writeFileSync(path, JSON.stringify({ agents }));
    server = await RuntimeServer.start({
      log,
      settings: {
        AGENTS_FILE: path,
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: `${first.url}/v1`,
        VLLM_BASE_URL: `${second.url}/v1`,
        UPSTREAM_RETRIES: '0',
        ...settings,
      },
    });
    return server;
  }

  const WITH_FALLBACK = { default: { model: 'openai:a', fallbacks: ['vllm:b'] } };

  it('are listed, the default one among them, with the full names of their models', async () => {
    const service = await start({ coder: { model: 'vllm:qwen', description: 'Writes code' }, other: { model: 'x' } });
    const nothing = { description: null, tools: [] };
    expect((await service.get('/agent/agents')).json).to.deep.equal([
      { name: 'coder', description: 'Writes code', model: 'vllm:qwen', tools: [] },
      { ...nothing, name: 'other', model: 'mock:x' },
      { ...nothing, name: 'default', model: 'mock:fake-llm' },
    ]);
  });

  it('are one without a file, made of the settings', async () => {
    server = await RuntimeServer.start({ settings: { LLM_MODEL: 'llama3:8b' } });
    expect((await server.get('/agent/agents')).json).to.deep.equal([
      { name: 'default', description: null, model: 'mock:llama3:8b', tools: [] },
    ]);
  });

  it('are described by ten lines of the README, which serve with the mock as they stand', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, written = ''] = /^## Agents$[\s\S]*?^```yaml\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    expect(written.trimEnd().split('\n')).to.have.length(10);
    const path = join(folder, 'agents.yaml');
    writeFileSync(path, written);
    server = await RuntimeServer.start({ settings: { AGENTS_FILE: path } });
    expect((await server.get('/agent/agents')).json).to.deep.equal([
      { name: 'default', description: 'Answers everything', model: 'mock:parrot', tools: [] },
      { name: 'thinker', description: null, model: 'mock:philosopher', tools: [] },
    ]);
    for (const agent of ['default', 'thinker']) {
      const stream = await (await server.send({ session_id: agent, content: 'Hello there', agent })).ended();
      expect(stream.text).to.equal('Hello there ');
    }
  });

  it('ask their model, with their instructions and options', async () => {
    const options = { temperature: 0.5, max_tokens: 9, top_p: 1, stop: 'END', seed: 0, reasoning_effort: 'low' };
    const extra = { top_k: 4, temperature: 2, model: 'evil', messages: [], stream: false, tools: [1] };
    const instructions = { instructions: 'Be kind.', instructions_role: 'user' };
    const service = await start({ default: { model: 'openai:a:b', ...instructions, options: { ...options, extra } } });
    expect((await service.converse('Hi')).text).to.equal('Hello');
    expect(JSON.parse(first.requests[0]?.body ?? '')).to.deep.equal({
      model: 'a:b',
      messages: [{ role: 'user', content: 'Be kind.\n\nHi' }],
      stream: true,
      stream_options: { include_usage: true },
      ...options,
      stop: ['END'],
      top_k: 4,
    });
    expect(log.lines.map(({ message }) => message)).not.to.include('model failed, the next one is asked');
  });

  it('have the models of every provider that they use on offer, each by the name that chooses it', async () => {
    const list =
      (...ids: string[]) =>
      () =>
        document(JSON.stringify({ data: ids.map((id) => ({ id })) }));
    first.answer = list('gpt', 'ft:gpt');
    second.answer = list('qwen');
    const service = await start(
      { a: { model: 'openai:gpt' }, b: { fallbacks: ['vllm:qwen'] } },
      { LLM_MODE: 'openai' },
    );
    const { text: listed } = await service.get('/v1/llm/models');
    expect(Array.from(listed.matchAll(/"id":"([^"]*)"/g), ([, id]) => id)).to.deep.equal([
      'gpt',
      'openai:ft:gpt',
      'vllm:qwen',
    ]);
  });

  it('have the models of the other providers on offer while one is away', async () => {
    first.answer = () => ({ status: 503 });
    const service = await start({ a: { model: 'openai:gpt' } });
    expect((await service.get('/v1/llm/models')).json).to.have.nested.property('[0].id', 'fake-llm');
  });

  const failures: readonly (readonly [what: string, answer: UpstreamAnswer])[] = [
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['401', { status: 401 }],
    ['402', { status: 402 }],
    ['404', { status: 404 }],
    ['400 model_not_found', { ...document('{"error":{"code":"model_not_found","message":"x"}}'), status: 400 }],
    ['an error inside a 200', streamed(error('Internal server error') + done)],
    ['an answer without a word', streamed(done)],
    ['an answer that ends without a word', streamed(role + finish('stop') + done)],
    [
      'an answer that breaks off before the first token',
      { ...streamed(role), steps: [write(role), { type: 'reset' }] },
    ],
    ['a page', document('<html></html>')],
    ['silence', { before: [{ type: 'hang' }] }],
  ];
  for (const [what, answer] of failures) {
    it(`ask the next model after ${what}`, async () => {
      first.answer = () => answer;
      const service = await start(WITH_FALLBACK, { FIRST_TOKEN_TIMEOUT_MS: '300' });
      const stream = await service.converse('Hi');
      expect(stream.payloads.map(({ token }) => token)).to.deep.equal(['Hello', '']);
      expect((await service.get(`/agent/runs/${stream.runId}`)).json).to.include({ status: 'completed', attempts: 2 });
      expect(asked(second)).to.deep.equal(['b']);
    });
  }

  const lastWords: readonly (readonly [what: string, answer: UpstreamAnswer, code: string])[] = [
    ['what the request is at fault for', { status: 400 }, 'upstream_rejected'],
    ['a request that is too long', { status: 413 }, 'upstream_too_long'],
    ['the first text', streamed(role + text('Hel')), 'upstream_truncated'],
    ['the first reasoning', streamed(role + reasoning('hm')), 'upstream_truncated'],
  ];
  for (const [what, answer, code] of lastWords) {
    it(`ask nothing again after ${what}`, async () => {
      first.answer = () => answer;
      const service = await start(WITH_FALLBACK, { UPSTREAM_RETRIES: '2' });
      expect((await service.converse('Hi')).payloads.at(-2)).to.include({ type: 'error', code });
      expect([asked(first), asked(second)]).to.deep.equal([['a'], []]);
    });
  }

  it('ask the next model after the retries of the one before, and count all calls', async () => {
    first.answer = () => ({ status: 429 });
    const service = await start(WITH_FALLBACK, { UPSTREAM_RETRIES: '1' });
    const { runId } = await service.converse('Hi');
    expect((await service.get(`/agent/runs/${runId}`)).json).to.include({ attempts: 3 });
    const samples = samplesOf((await service.get('/metrics')).text);
    const counted = (name: string) => samples.get(`agent_runtime_${name}`);
    expect(counted('failovers_total{code="upstream_rate_limited"}')).to.equal(1);
    expect(counted('provider_attempts_total{provider="openai",outcome="upstream_rate_limited"}')).to.equal(2);
    expect(counted('provider_attempts_total{provider="vllm",outcome="ok"}')).to.equal(1);
    const line = log.lines.find(({ message }) => message === 'model failed, the next one is asked');
    expect(line).to.include({ from: 'openai:a', to: 'vllm:b', code: 'upstream_rate_limited' });
    const ended = log.lines.find(({ message }) => message === 'run ended');
    expect(ended).to.include({ model: 'vllm:b', attempts: 3 });
  });

  it('have a breaker for each provider: one that is down costs the others nothing', async () => {
    first.answer = () => ({ status: 500 });
    const service = await start(WITH_FALLBACK);
    for (let number = 0; number < 25; number += 1)
      expect((await service.converse('Hi', `s${number}`)).text, `${number}`).to.equal('Hello');
    expect(asked(first).length).to.be.below(25);
    expect(asked(second)).to.have.lengthOf(25);
  });

  it('have retries of their own for each provider: one that needs them all leaves the others theirs', async () => {
    first.answer = () => ({ status: 500 });
    const others = { one: { model: 'openai:a' }, other: { model: 'vllm:b' } };
    const service = await start(others, { UPSTREAM_RETRIES: '2' });
    const say = async (session_id: string, agent: string) =>
      (await service.send({ session_id, agent, content: 'Hi' })).ended();
    await Promise.all(['s1', 's2', 's3', 's4', 's5'].map((session) => say(session, 'one')));
    expect(asked(first)).to.have.length(15);
    second.answer = () => (second.requests.length === 1 ? { status: 500 } : WHOLE);
    expect((await say('s6', 'other')).text).to.equal('Hello');
  });

  it('let the mock think before it answers', async () => {
    server = await RuntimeServer.start();
    expect((await server.converse('/think some words')).text).to.equal('some words ');
    expect((await server.converse('/think')).text).to.equal('/think ');
    expect((await server.converse('I /think so')).text).to.equal('I /think so ');
  });
});

function asked({ requests }: ScriptedUpstream): readonly unknown[] {
  return requests.map(({ body }: UpstreamRequest) => JSON.parse(body).model);
}

function write(bytes: string) {
  return { type: 'write', bytes } as const;
}

function streamed(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: [write(bytes)] };
}

function document(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'application/json' }, steps: [write(bytes)] };
}
