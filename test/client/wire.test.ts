import { expect } from 'chai';
import { AgentRuntime } from '../../client/src/agent-runtime.js';
import { ending, json, ScriptedFetch, stream } from '../support/scripted-fetch.js';

const RUN = json({});

describe('what the client sends', () => {
  it('is every field of a message under its name on the wire, and what has a form of its own as it is', async () => {
    const network = new ScriptedFetch(stream([ending(1)]), RUN);
    const parameters = { type: 'object', properties: { someName: { type: 'string' } } };
    const tools = [{ type: 'function', function: { name: 'readFile', parameters }, approval: 'always' }] as const;
    await clientOf(network)
      .send({
        sessionId: 'demo',
        content: 'Hello',
        onBusy: 'queue',
        onDisconnect: 'cancel',
        replaces: 'r1',
        agent: 'coder',
        model: 'openai:gpt',
        options: { temperature: 0, maxTokens: 5, topP: 1, stop: ['x'], seed: 3, reasoningEffort: 'low' },
        include: ['reasoning', 'tool_arguments', 'usage'],
        tools,
        toolChoice: { type: 'function', function: { name: 'readFile' } },
      })
      .final();
    expect(bodyOf(network)).to.deep.equal({
      session_id: 'demo',
      type: 'user_message',
      content: 'Hello',
      on_busy: 'queue',
      on_disconnect: 'cancel',
      replaces: 'r1',
      agent: 'coder',
      model: 'openai:gpt',
      options: { temperature: 0, max_tokens: 5, top_p: 1, stop: ['x'], seed: 3, reasoning_effort: 'low' },
      include: ['reasoning', 'tool_arguments', 'usage'],
      tools,
      tool_choice: { type: 'function', function: { name: 'readFile' } },
    });
  });

  it('is a result, several results, a decision or another agent, where that is said', async () => {
    const sessionId = 'demo';
    for (const [message, body] of [
      [
        { type: 'tool_result', callId: 'c1', result: { keyOfTheirs: 1 } },
        { type: 'tool_result', call_id: 'c1', result: { keyOfTheirs: 1 } },
      ],
      [
        { type: 'tool_result', results: [{ callId: 'c1', error: 'no' }] },
        { type: 'tool_result', results: [{ call_id: 'c1', error: 'no' }] },
      ],
      [
        { type: 'hitl_decision', callId: 'c1', decision: 'edit', modifiedArguments: { someName: 1 } },
        { type: 'hitl_decision', call_id: 'c1', decision: 'edit', modified_arguments: { someName: 1 } },
      ],
      [
        { type: 'switch_agent', agentType: 'coder', content: 'Go', reason: 'why' },
        { type: 'switch_agent', agent_type: 'coder', content: 'Go', reason: 'why' },
      ],
    ] as const) {
      const network = new ScriptedFetch(stream([ending(1)]), RUN);
      await clientOf(network)
        .send({ sessionId, ...message })
        .final();
      expect(bodyOf(network)).to.deep.equal({ session_id: sessionId, ...body });
    }
  });

  it('has the key, the user and further headers with everything, and goes to the path of the address', async () => {
    const network = new ScriptedFetch(json([]));
    for (const baseUrl of ['http://service.test/behind/', new URL('http://service.test/behind?x#y')]) {
      const headers = { 'X-Mine': 'yes' };
      const { fetch } = network;
      await new AgentRuntime({ baseUrl, key: 'secret', userId: 'ann@example', headers, fetch }).agents();
    }
    expect(network.requests.map(({ path }) => path)).to.deep.equal(Array(2).fill('/behind/agent/agents'));
    for (const { headers } of network.requests) {
      const sent = ['X-Internal-Auth', 'X-User-Id', 'X-Mine'].map((name) => headers.get(name));
      expect(sent).to.deep.equal(['secret', 'ann@example', 'yes']);
    }
  });

  it('is said at once to be wrong, where no request could be made of it', () => {
    expect(() => new AgentRuntime({ baseUrl: 'no address' })).to.throw(TypeError);
    expect(() => new AgentRuntime({ baseUrl: 'http://service.test', key: 'two\nlines' })).to.throw(TypeError);
  });

  it("tells a session once that is on two pages, and each user's where several have the id", async () => {
    const page = (owners: readonly (string | null)[], next_cursor: string | null) =>
      json({ sessions: owners.map((user_id) => ({ session_id: 'a', user_id })), next_cursor });
    const network = new ScriptedFetch(page([null, 'ann'], 'c1'), page(['ann', 'bob', null], null));
    const users: unknown[] = [];
    for await (const { user_id } of clientOf(network).sessions.list({ order: 'updated' })) users.push(user_id);
    expect(users).to.deep.equal([null, 'ann', 'bob']);
  });

  it('asks for sessions, their pages, changes and documents as the service names them', async () => {
    const page = (ids: readonly string[], next: string | null) =>
      json({ sessions: ids.map((session_id) => ({ session_id })), next_cursor: next });
    const network = new ScriptedFetch(page(['a', 'b'], 'c+1'), page(['c'], null), json({}));
    const { sessions } = clientOf(network);
    const ids: string[] = [];
    for await (const { session_id } of sessions.list({ order: 'updated', limit: 2 })) ids.push(session_id);
    await sessions.update('a/b', { title: 'T', metadata: { starred: null } });
    await sessions.messages('a', { limit: 5, before: 'r.user' });
    await sessions.export('a');
    await sessions.import({ session: { session_id: 'a' } });
    await sessions.delete('a');
    expect(ids).to.deep.equal(['a', 'b', 'c']);
    expect(network.requests.map(({ method, path, body }) => `${method} ${path} ${body}`.trim())).to.deep.equal([
      'GET /agent/sessions?order=updated&limit=2',
      'GET /agent/sessions?order=updated&limit=2&cursor=c%2B1',
      'PATCH /agent/sessions/a%2Fb {"title":"T","metadata":{"starred":null}}',
      'GET /agent/sessions/a/messages?limit=5&before=r.user',
      'GET /agent/sessions/a/export',
      'POST /agent/sessions/import {"session":{"session_id":"a"}}',
      'DELETE /agent/sessions/a',
    ]);
  });
});

function clientOf({ fetch }: ScriptedFetch): AgentRuntime {
  return new AgentRuntime({ baseUrl: 'http://service.test', fetch });
}

function bodyOf({ requests }: ScriptedFetch): unknown {
  return JSON.parse(requests[0]?.body ?? '');
}
