import { expect } from 'chai';
import { AgentRuntime, Problem } from '../../client/src/agent-runtime.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

const TOOLS = [
  { type: 'function', function: { name: 'read_file' }, approval: 'always' },
  { type: 'function', function: { name: 'list' } },
] as const;

describe('the client with the service', () => {
  let server: RuntimeServer;
  let runtime: AgentRuntime;

  beforeEach(async () => {
    server = await RuntimeServer.start();
    runtime = new AgentRuntime({ baseUrl: server.origin, key: INTERNAL_KEY });
  });
  afterEach(() => server.close());

  it('gives the frames of an answer, each with its id, and what they come to', async () => {
    const answer = runtime.send({ sessionId: 'demo', content: 'Hello there' });
    const frames = await allOf(answer);
    const { runId, ...final } = await answer.final();
    expect(frames.map((frame) => frame.id)).to.deep.equal([`${runId}-1`, `${runId}-2`, `${runId}-3`]);
    expect(frames[0]).to.deep.include({ type: 'assistant_message', token: 'Hello ', is_final: false });
    expect(final).to.deep.equal({
      text: 'Hello there ',
      finishReason: 'stop',
      usage: null,
      openCalls: [],
      model: 'mock:fake-llm',
      error: undefined,
    });
  });

  it('resumes a run behind a frame, and joins no answer where there is none', async () => {
    const { runId = '' } = await runtime.send({ sessionId: 'demo', content: 'one two three' }).final();
    expect((await runtime.resume(runId).final()).text).to.equal('one two three ');
    expect((await runtime.resume(runId, { after: `${runId}-2` }).final()).text).to.equal('three ');
    expect(await runtime.join('demo').final()).to.include({ text: '', finishReason: null, runId: undefined });
  });

  it('throws a refusal as Problem', async () => {
    const stranger = new AgentRuntime({ baseUrl: server.origin, key: 'wrong' });
    const refused = await stranger.send({ sessionId: 'demo', content: 'Hello' }).final().catch(String);
    expect(refused).to.match(/^Problem: /);
    const problem = await runtime
      .resume('nothing')
      .final()
      .catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(Problem);
    expect(problem).to.deep.include({ code: 'run_not_found', status: 404, retryable: false });
    expect(problem).to.have.property('requestId').that.is.a('string');
  });

  it('takes a turn with tools and approvals to its end', async () => {
    const content = '/call read_file {"path":"a"}\n/call list {}';
    const asked: string[] = [];
    const final = await runtime.turn(
      { sessionId: 'demo', content, tools: TOOLS },
      {
        tools: {
          read_file: ({ path }) => ({ read: path }),
          list: () => {
            throw new Error('no disk');
          },
        },
        approve: (call) => {
          asked.push(call.tool_name);
          return { edit: { path: 'b' } };
        },
      },
    );
    expect(asked).to.deep.equal(['read_file']);
    expect(final).to.include({ finishReason: 'stop', text: '{"read":"b"} no disk ' });
  });

  it('changes a session, and takes it back from its document', async () => {
    await runtime.send({ sessionId: 'demo', content: 'Hello there' }).final();
    const changed = await runtime.sessions.update('demo', { title: 'Mine', metadata: { starred: true } });
    expect(changed).to.deep.include({ title: 'Mine', title_set: true, metadata: { starred: true } });
    const document = await runtime.sessions.export('demo');
    const again = await runtime.sessions.import(document).catch((error: unknown) => error);
    expect(again).to.be.instanceOf(Problem).and.include({ code: 'session_exists', status: 409 });
    await runtime.sessions.delete('demo');
    expect(await runtime.sessions.import(document)).to.include({ session_id: 'demo', title: 'Mine' });
    const { messages } = await runtime.sessions.messages('demo');
    expect(messages.map(({ content }) => content)).to.deep.equal(['Hello there', 'Hello there ']);
  });

  it('lists, reads and deletes sessions, and tells models and agents', async () => {
    for (const sessionId of ['one', 'two', 'three']) await runtime.send({ sessionId, content: 'Hello' }).final();
    const listed = (await allOf(runtime.sessions.list({ limit: 2 }))).map(({ session_id }) => session_id);
    expect(listed).to.deep.equal(['three', 'two', 'one']);
    const { messages, next_before } = await runtime.sessions.messages('one', { limit: 1 });
    expect(messages.map(({ role, content }) => [role, content])).to.deep.equal([['assistant', 'Hello ']]);
    expect(next_before).to.equal(messages[0]?.id);
    expect(await runtime.sessions.get('two')).to.include({ session_id: 'two', status: 'idle' });
    expect(await runtime.sessions.delete('two')).to.equal(undefined);
    expect(await runtime.sessions.get('two').catch(String)).to.match(/^Problem: /);
    expect((await runtime.models()).map(({ id }) => id)).to.deep.equal(['fake-llm']);
    expect((await runtime.agents()).map(({ name }) => name)).to.deep.equal(['default']);
  });
});

async function allOf<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
