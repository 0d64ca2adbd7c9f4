import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { completionStream } from '../support/completion-stream.js';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../support/upstream-server.js';

const { role, text, finish, done } = completionStream;
const WHOLE = streamed(role + text('Hello') + finish('stop') + done);

const AGENTS = {
  default: { model: 'openai:small', instructions: 'Be brief.' },
  coder: {
    model: 'vllm:qwen',
    fallbacks: ['openai:small', 'openai:big'],
    instructions: 'Write code.',
    options: { temperature: 0.5, max_tokens: 9, extra: { top_k: 4 } },
  },
};

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`what a message chooses (${store})`, () => {
    let first: ScriptedUpstream;
    let second: ScriptedUpstream;
    let server: RuntimeServer;
    let settings: Record<string, string>;

    beforeEach(async () => {
      [first, second] = [new ScriptedUpstream(), new ScriptedUpstream()];
      await Promise.all([first.start(), second.start()]);
      first.answer = () => WHOLE;
      second.answer = () => WHOLE;
      settings = {
        ...(await newStore()),
        AGENTS_FILE: agentsFile(AGENTS),
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: `${first.url}/v1`,
        VLLM_BASE_URL: `${second.url}/v1`,
        UPSTREAM_RETRIES: '0',
      };
      server = await RuntimeServer.start({ settings });
    });
    afterEach(async () => {
      await server.close();
      await Promise.all([first.close(), second.close()]);
    });

    /** What the model was asked last. */
    const asked = ({ requests } = second) => JSON.parse(requests.at(-1)?.body ?? '{}');

    async function turn(fields: Record<string, unknown>): Promise<string> {
      const stream = await (await server.send(fields)).ended();
      expect(stream.status, stream.raw).to.equal(200);
      return stream.runId;
    }

    it('is who answers it, with that agent and its options, flat and nested', async () => {
      for (const fields of [
        { agent: 'coder' },
        { agent_type: 'coder' },
        { message: { type: 'user_message', content: 'Hello there', agent: 'coder' } },
        { message: { type: 'user_message', content: 'Hello there', agent_type: 'coder' } },
        { agent: 'default', message: { type: 'user_message', content: 'Hello there', agent_type: 'coder' } },
        { agent: 'coder', agent_type: 'nobody' },
      ]) {
        await turn({ session_id: `s${second.requests.length}`, ...fields });
        expect(asked()).to.deep.equal({
          model: 'qwen',
          messages: [
            { role: 'system', content: 'Write code.' },
            { role: 'user', content: 'Hello there' },
          ],
          stream: true,
          stream_options: { include_usage: true },
          temperature: 0.5,
          max_tokens: 9,
          top_k: 4,
        });
      }
      expect(second.requests).to.have.length(6);
    });

    it("is the model, in place of the agent's, and options, over the agent's key by key", async () => {
      const options = { temperature: 0, stop: 'END', seed: 7, top_p: 1, reasoning_effort: 'high' };
      const run = await turn({ agent: 'coder', model: 'vllm:ft:own', options });
      expect(asked()).to.include({ model: 'ft:own', temperature: 0, max_tokens: 9, top_k: 4, seed: 7, top_p: 1 });
      expect(asked()).to.deep.include({ stop: ['END'], reasoning_effort: 'high' });
      expect((await server.get(`/agent/runs/${run}`)).json).to.include({ model: 'vllm:ft:own' });
    });

    it('holds for the message alone, but for the agent: the session keeps that of its last message', async () => {
      await turn({ agent: 'coder', model: 'vllm:own', options: { temperature: 1 } });
      await turn({ content: 'more' });
      expect(asked()).to.include({ model: 'qwen', temperature: 0.5 });
      await turn({ content: 'more', agent: 'default' });
      await turn({ content: 'more' });
      expect(asked(first)).to.include({ model: 'small' });
      await turn({ session_id: 'other' });
      expect([first.requests.length, second.requests.length]).to.deep.equal([3, 2]);
    });

    it('holds when the message is asked again, unless that brings its own; an edit chooses anew', async () => {
      const run = await turn({ agent: 'coder', model: 'vllm:own', options: { temperature: 1, seed: 1 } });
      await turn({ content: 'more', agent: 'default' });
      const again = await turn({ content: undefined, replaces: run });
      expect(asked()).to.include({ model: 'own', temperature: 1, seed: 1 });
      const other = await turn({ content: undefined, replaces: again, model: 'vllm:new', options: { seed: 2 } });
      expect(asked()).to.include({ model: 'new', temperature: 0.5, seed: 2 });
      await turn({ content: 'edited', replaces: other });
      expect(asked()).to.include({ model: 'qwen', temperature: 0.5 }).and.not.to.have.property('seed');
    });

    it('is a part of what an idempotency key and a cursor mean', async () => {
      const key = { 'Idempotency-Key': 'key1' };
      const message = { session_id: 'demo', type: 'user_message', content: 'Hi' };
      const chosen = {
        ...message,
        agent: 'coder',
        options: { seed: 1, top_p: 1 },
        include: ['usage'],
        tool_choice: 'auto',
      };
      const { headers } = await server.post('/agent/message', chosen, key);
      const run = String(headers['x-run-id']);
      const cursor = { 'Last-Event-ID': `${run}-1` };
      const { agent, ...rest } = chosen;
      for (const same of [
        { ...chosen, options: { top_p: 1, seed: 1 } },
        { ...rest, agent_type: agent },
      ]) {
        const again = await server.post('/agent/message/stream', same, key);
        expect(again.headers).to.include({ 'idempotency-replayed': 'true', 'x-run-id': run });
        expect((await server.post('/agent/message/stream', same, cursor)).status).to.equal(200);
      }
      for (const other of [
        rest,
        { ...chosen, agent: 'default' },
        { ...chosen, model: 'vllm:qwen' },
        { ...chosen, options: { seed: 1 } },
        { ...chosen, include: [] },
        { ...chosen, tool_choice: 'none' },
        { ...chosen, tools: [{ type: 'function', function: { name: 'read' } }] },
        { ...chosen, type: 'switch_agent' },
      ]) {
        const body = JSON.stringify(other);
        for (const route of ['/agent/message', '/agent/message/stream']) {
          expectProblem(await server.post(route, other, key), 422, 'idempotency_mismatch');
          expect((await server.post(route, other, cursor)).json, body).to.include({ code: 'cursor_mismatch' });
        }
      }
    });

    it('tells who answered: on the run, and with an answer that is whole', async () => {
      second.answer = () => ({ status: 500 });
      const message = { session_id: 'demo', type: 'user_message', content: 'Hi', agent: 'coder' };
      const { json } = await server.post('/agent/message', message);
      expect(json).to.include({ model: 'openai:small', finish_reason: 'stop' });
      const run = (await server.get(`/agent/runs/${json.run_id}`)).json;
      expect(run).to.include({ model: 'openai:small', attempts: 2, status: 'completed' });
    });

    it('counts as the default agent when that has left the file since', async () => {
      const run = await turn({ agent: 'coder' });
      await server.close();
      const AGENTS_FILE = agentsFile({ default: AGENTS.default });
      if (store === 'memory') settings = { ...settings, ...(await newStore()) };
      server = await RuntimeServer.start({ settings: { ...settings, AGENTS_FILE } });
      await turn(store === 'memory' ? {} : { content: undefined, replaces: run });
      expect(asked(first)).to.include({ model: 'small' });
      const message = { session_id: 'demo', type: 'user_message', content: 'Hi', agent: 'coder' };
      expectProblem(await server.post('/agent/message', message), 422, 'invalid_request');
    });
  });
}

describe('what a message cannot choose', () => {
  let server: RuntimeServer;
  const DEEP = JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`);
  const TOOL = { type: 'function', function: { name: 'read' } };

  before(async () => {
    server = await RuntimeServer.start({ settings: { AGENTS_FILE: agentsFile({ coder: {}, writer: {} }) } });
  });
  after(() => server.close());

  for (const [fields, path, words] of [
    [{ agent: 'codr' }, 'agent', 'is no agent; did you mean "coder"?'],
    [{ agent: 'lawyer' }, 'agent', 'is no agent; it must be one of coder, writer, default'],
    [{ agent: '' }, 'agent'],
    [{ agent: 'toString' }, 'agent'],
    [{ agent: 7 }, 'agent', 'must be a string'],
    [{ agent: null }, 'agent'],
    [{ agent: ['coder'] }, 'agent'],
    [{ agent_type: 'codr' }, 'agent_type', 'is no agent; did you mean "coder"?'],
    [{ agent_type: 7 }, 'agent_type'],
    [{ model: 'opnai:x' }, 'model', /did you mean "openai:x"\?$/],
    [{ model: 'llama3:8b' }, 'model', /did you mean "mock:llama3:8b"\?$/],
    [{ model: 'openai:gpt' }, 'model', /OPENAI_API_KEY/],
    [{ model: '' }, 'model'],
    [{ model: 'mock:' }, 'model'],
    [{ model: ':x' }, 'model'],
    [{ model: 'mock:\ud800' }, 'model'],
    [{ model: 'mock:\u0000' }, 'model'],
    [{ model: `${'x'.repeat(5000)}:y` }, 'model', /^must begin with a mode \(mock, [^?]*\)$/],
    [{ model: 7 }, 'model'],
    [{ model: null }, 'model'],
    [{ options: 7 }, 'options'],
    [{ options: [] }, 'options'],
    [{ options: null }, 'options'],
    [{ options: { temprature: 1 } }, 'options.temprature', 'is no option; did you mean "temperature"?'],
    [{ options: { extra: {} } }, 'options.extra'],
    [{ options: JSON.parse('{"__proto__":{"a":1}}') }, 'options.__proto__'],
    [{ options: { temperature: 2.1 } }, 'options.temperature', 'must be a number from 0 to 2'],
    [{ options: { temperature: -1 } }, 'options.temperature'],
    [{ options: { temperature: '1' } }, 'options.temperature'],
    [{ options: { temperature: null } }, 'options.temperature'],
    [{ options: { max_tokens: 0 } }, 'options.max_tokens'],
    [{ options: { max_tokens: 1.5 } }, 'options.max_tokens'],
    [{ options: { top_p: 1.1 } }, 'options.top_p'],
    [{ options: { stop: '' } }, 'options.stop'],
    [{ options: { stop: ['a', 1] } }, 'options.stop'],
    [{ options: { seed: 0.5 } }, 'options.seed'],
    [{ options: { reasoning_effort: 'a lot' } }, 'options.reasoning_effort'],
    [{ include: 'usage' }, 'include', 'must be a list of reasoning, tool_arguments, usage'],
    [{ include: {} }, 'include'],
    [{ include: null }, 'include'],
    [{ include: ['usage', 'reasonning'] }, 'include.1', 'is nothing to include; did you mean "reasoning"?'],
    [{ include: [null] }, 'include.0'],
    [{ include: [DEEP] }, 'include.0'],
    [{ tools: {} }, 'tools', 'must be a list of tools'],
    [{ tools: null }, 'tools'],
    [{ tools: [7] }, 'tools.0'],
    [{ tools: [TOOL, { ...TOOL, type: 'custom' }] }, ['tools.1.type', 'tools.1.function.name']],
    [{ tools: [{ type: 'function' }] }, 'tools.0.function'],
    [{ tools: [{ function: { name: 'read' } }] }, 'tools.0.type'],
    [{ tools: [{ type: 'function', function: { name: 'read file' } }] }, 'tools.0.function.name'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools.0.function.name'],
    [{ tools: [{ ...TOOL, function: { name: 'a'.repeat(65) } }] }, 'tools.0.function.name'],
    [{ tools: [{ ...TOOL, function: { name: 'a', description: 7 } }] }, 'tools.0.function.description'],
    [{ tools: [{ ...TOOL, function: { name: 'a', parameters: [] } }] }, 'tools.0.function.parameters'],
    [{ tools: [{ ...TOOL, function: { name: 'a', parameters: { type: 'string' } } }] }, 'tools.0.function.parameters'],
    [{ tools: [{ ...TOOL, function: { name: 'a', parameters: DEEP } }] }, 'tools.0.function.parameters'],
    [{ tools: [{ ...TOOL, approval: 'sometimes' }] }, 'tools.0.approval', 'must be always or never'],
    [{ tools: [TOOL, TOOL] }, 'tools.1.function.name', 'is the name of another tool, too'],
    [{ tool_choice: 'any' }, 'tool_choice'],
    [{ tool_choice: null }, 'tool_choice'],
    [{ tool_choice: [] }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.function'],
    [{ tool_choice: { type: 'tool', function: { name: 'read' } } }, 'tool_choice.type'],
    [{ tool_choice: { type: 'function', function: { name: 'read file' } } }, 'tool_choice.function.name'],
    [{ type: 'switch_agent' }, 'agent_type', 'is required'],
    [{ type: 'switch_agent', agent_type: null }, 'agent_type'],
    [{ type: 'switch_agent', agent_type: 'codr' }, 'agent_type'],
    [{ type: 'switch_agent', agent_type: 'coder', content: undefined }, 'content', 'is required'],
    [{ type: 'switch_agent', agent_type: 'coder', reason: 7 }, 'reason', 'must be a string'],
    [{ type: 'switch' }, 'type'],
    [{ agent: 'codr', options: { seed: 'x' }, on_busy: 'x' }, ['on_busy', 'agent', 'options.seed']],
  ] as const) {
    it(`is refused by its path before it is stored: ${JSON.stringify(fields).slice(0, 120)}`, async () => {
      const message = { type: 'user_message', content: 'Hi', ...fields };
      const paths = [path].flat();
      for (const [place, body] of [
        ['', { session_id: 'demo', ...message }],
        ['message.', { session_id: 'demo', message }],
      ] as const) {
        for (const route of ['/agent/message', '/agent/message/stream']) {
          const answer = await server.post(route, body);
          expectProblem(answer, 422, 'invalid_request');
          expect(problemPaths(answer)).to.deep.equal(paths.map((name) => `${place}${name}`));
          if (words !== undefined)
            expect(answer.json).to.have.nested.property('errors[0].message').that.matches(of(words));
        }
      }
      expectProblem(await server.get('/agent/sessions/demo'), 404, 'session_not_found');
    });
  }

  it('is refused by the place of a text that no store can keep', async () => {
    for (const [fields, path] of [
      [{ options: { stop: ['a', 'b\u0000'] } }, 'options.stop.1'],
      [{ tools: [{ ...TOOL, function: { name: 'a', description: '\ud800' } }] }, 'tools.0.function.description'],
      [{ tools: [{ ...TOOL, function: { name: 'a', parameters: { '\u0000': 1 } } }] }, 'tools.0.function.parameters'],
      [{ type: 'switch_agent', agent_type: 'coder', reason: 'a\u0000' }, 'reason'],
    ] as const) {
      const answer = await server.post('/agent/message', {
        session_id: 'demo',
        type: 'user_message',
        content: 'Hi',
        ...fields,
      });
      expectProblem(answer, 400, 'invalid_text');
      expect(answer.json.detail).to.match(new RegExp(`^${path.replaceAll('.', '\\.')}: `));
    }
  });

  it('does no harm where it means nothing', async () => {
    for (const fields of [
      { agent_type: null },
      { options: {}, include: [], tools: [] },
      { reason: 'no switch', include: ['usage', 'usage'] },
      { tools: [{ ...TOOL, unknown: DEEP, function: { name: 'read', strict: true, unknown: DEEP } }] },
    ]) {
      const { status, text } = await server.post('/agent/message', {
        session_id: 'ok',
        type: 'user_message',
        content: 'Hi',
        ...fields,
      });
      expect(status, text).to.equal(200);
    }
  });
});

function of(words: string | RegExp): RegExp {
  return typeof words === 'string' ? new RegExp(`^${words.replace(/[?.()]/g, '\\$&')}$`) : words;
}

function streamed(bytes: string): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: [{ type: 'write', bytes }] };
}
