import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { aCall } from '../support/calling.js';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const EXPORT = '/agent/sessions/demo/export';
const IMPORT = '/agent/sessions/import';
const READ = { type: 'function', function: { name: 'read', parameters: { type: 'object' } } };

const USAGE = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

type Fields = Record<string, unknown>;

/** Everything that a client can read of the session, but for what changes with the store. */
async function everythingOf(server: RuntimeServer, runs: readonly string[]): Promise<unknown> {
  const paths = ['', '/messages', '/messages?limit=3', '/calls'].map((path) => `/agent/sessions/demo${path}`);
  const read = [...paths, '/agent/sessions', ...runs.map((run) => `/agent/runs/${run}`)];
  return Promise.all(read.map(async (path) => (await server.get(path)).json));
}

/** Turns with a call, one that failed and was asked again, one that was taken back, and a title. */
async function converse(server: RuntimeServer, gateway: GatedGateway): Promise<readonly string[]> {
  const runs: string[] = [];
  const turn = async (message: Fields, answer: (call: Awaited<ReturnType<GatedGateway['call']>>) => void) => {
    const number = gateway.calls.length + 1;
    const stream = await server.send({ session_id: 'demo', ...message });
    answer(await gateway.call(number));
    await stream.ended();
    runs.push(stream.runId);
    return stream.runId;
  };
  await turn(
    { content: 'Look \u2028 \u{1f642}', tools: [READ], include: ['usage'], options: { temperature: 0.5 } },
    (call) =>
      call
        .say('Hm')
        .send(aCall('c1', 'read', '{"path":"a"}'))
        .end('stop', USAGE),
  );
  await turn({ type: 'tool_result', call_id: 'c1', result: { any: ['JSON'] }, content: undefined }, (call) =>
    call.say('Done').end(),
  );
  const failed = await turn({ content: 'Fail' }, (call) => call.say('Half').fail(new LlmError('upstream_timeout')));
  await turn({ replaces: failed, content: undefined }, (call) => call.say('Better').end('length'));
  const taken = await turn({ content: 'Never mind' }, (call) => call.say('Gone').end());
  await turn({ content: 'Last', replaces: taken }, (call) => call.say('Yes').end());
  const body = JSON.stringify({ title: 'Tea', metadata: { pinned: true } });
  const headers = { 'Content-Type': 'application/json' };
  await server.call({ method: 'PATCH', path: '/agent/sessions/demo', headers, body });
  return runs;
}

describe('a session that is exported', () => {
  const STORES = { ...EMBEDDED_STORES, ...SHARED_STORES };

  for (const [from, settingsOf] of Object.entries(STORES)) {
    it(`from ${from} is the same where it is imported`, async function () {
      this.timeout(60_000);
      const gateway = new GatedGateway();
      const server = await RuntimeServer.start({ gateway, settings: await settingsOf() });
      const runs = await converse(server, gateway);
      const before = await everythingOf(server, runs);
      const document = (await server.get(EXPORT)).json;
      await server.close();
      for (const [to, othersOf] of Object.entries(STORES)) {
        const other = await RuntimeServer.start({ gateway, settings: await othersOf() });
        const answer = await other.post(IMPORT, document);
        expect(answer.status, answer.text).to.equal(201);
        expect(await everythingOf(other, runs), to).to.deep.equal(before);
        expect((await other.get(EXPORT)).json).to.deep.equal(document);
        const asked = gateway.calls.length + 1;
        const next = await other.send({ session_id: 'demo', content: 'More' });
        const call = await gateway.call(asked);
        expect(call.prompt.map(({ content }) => content).slice(-3)).to.deep.equal(['Last', 'Yes', 'More']);
        call.say('Sure').end();
        await next.ended();
        await other.close();
      }
    });
  }

  it('is taken back under its id after a deletion, and not while it is there', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway });
    const runs = await converse(server, gateway);
    const before = await everythingOf(server, runs);
    const document = (await server.get(EXPORT)).json;
    const there = await server.post(IMPORT, document);
    expectProblem(there, 409, 'session_exists');
    expect(there.headers['retry-after']).to.equal(undefined);
    await server.delete('/agent/sessions/demo');
    expect((await server.post(IMPORT, document)).status).to.equal(201);
    expect(await everythingOf(server, runs)).to.deep.equal(before);
    expectProblem(await server.get(`/agent/runs/${runs[0]}/stream`), 410, 'resume_expired');
    await server.close();
  });

  it('is none while it answers or waits for calls, and none that there is not', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway });
    expectProblem(await server.get(EXPORT), 404, 'session_not_found');
    const stream = await server.send({ tools: [READ] });
    expectProblem(await server.get(EXPORT), 409, 'session_busy');
    (await gateway.call()).send(aCall('c1', 'read', '{}')).end();
    await stream.ended();
    const answer = await server.get(EXPORT);
    expectProblem(answer, 409, 'session_busy');
    expect(answer.json.run_id).to.equal(stream.runId);
    await server.close();
  });

  it('leaves a session whose id is "import" as any other', async () => {
    const server = await RuntimeServer.start();
    await server.converse('Hello', 'import');
    expect((await server.get('/agent/sessions/import')).json).to.include({ session_id: 'import' });
    const put = await server.call({ method: 'PUT', path: '/agent/sessions/import' });
    expectProblem(put, 405, 'method_not_allowed');
    expect(put.headers.allow?.split(', ').toSorted()).to.deep.equal(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST']);
    expect((await server.delete('/agent/sessions/import')).status).to.equal(204);
    await server.close();
  });
});

describe('a document that is imported', () => {
  let server: RuntimeServer;
  let document: Fields;

  before(async () => {
    const gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
    await converse(server, gateway);
    document = (await server.get(EXPORT)).json;
    await server.delete('/agent/sessions/demo');
  });
  after(() => server.close());

  /** The document with a field of it changed, by its path. */
  function changed(path: string, value: unknown): Fields {
    const copy: Fields = structuredClone(document);
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at: Fields = copy;
    for (const name of names) at = Object(at[name]);
    if (value === undefined) delete at[last];
    else at[last] = value;
    return copy;
  }

  const WRONG: readonly (readonly [string, unknown, string?])[] = [
    ['format', 'other'],
    ['version', 2],
    ['session', undefined],
    ['session.session_id', '../x'],
    ['session.created_at', 'yesterday'],
    ['session.created_at', '1969-01-01T00:00:00.000Z'],
    ['session.message_count', 1],
    ['session.preview', 'other'],
    ['session.status', 'running'],
    ['session.title', 'x'.repeat(201)],
    ['session.title_set', 1],
    ['session.metadata', []],
    ['session.metadata.a b', 1],
    ['session.metadata.a', {}],
    ['session.metadata.long', 'x'.repeat(8192), 'session.metadata'],
    ['session.usage.total_tokens', 99, 'session.usage'],
    ['runs', [], 'runs'],
    ['runs', {}],
    ['runs.0.run_id', '../x'],
    ['runs.0.run_id', '__proto__'],
    ['runs.0.finish_reason', 'none'],
    ['runs.0.attempts', -1],
    ['runs.0.ended_at', null],
    ['runs.0.request', undefined],
    ['runs.0.request.content', 7],
    ['runs.0.request.choice.options', { temperature: 'hot' }, 'runs.0.request.choice.options.temperature'],
    ['runs.0.request.choice.tools', [{}], 'runs.0.request.choice.tools.0.type'],
    ['runs.0.answer', 7],
    ['runs.0.answer', '', 'runs.0.steps.0.text_end'],
    ['runs.0.status', 'failed'],
    ['runs.0.session_id', 'other'],
    ['runs.0.steps.0.text_end', 9],
    ['runs.0.steps.0.results', []],
    ['runs.0.steps.0.calls.0.arguments', []],
    ['runs.0.continued_by', 'nobody'],
    ['runs.1.continues.after', 'nobody'],
    ['runs.1.takes_back', { from: 'nobody', messages_before: 0 }, 'runs.1.takes_back.from'],
    ['runs.2.error', null],
    ['runs.2.error.code', 'unknown'],
    ['messages', [], 'messages'],
    ['messages.0.content', 'other'],
    ['messages.1.id', 'other'],
  ];

  for (const [path, value, told = path] of WRONG) {
    it(`is refused with ${path} ${JSON.stringify(value)?.slice(0, 20)}, and nothing is stored`, async () => {
      const answer = await server.post(IMPORT, changed(path, value));
      expectProblem(answer, 422, 'invalid_request');
      const paths = problemPaths(answer).map(String);
      expect(
        paths.some((one) => one.startsWith(told)),
        paths.join(),
      ).to.equal(true);
      expectProblem(await server.get('/agent/sessions/demo'), 404, 'session_not_found');
    });
  }

  it('is refused with the same run twice', async () => {
    const runs = Array.isArray(document.runs) ? document.runs : [];
    const answer = await server.post(IMPORT, { ...document, runs: [...runs, runs[0]] });
    expectProblem(answer, 422, 'invalid_request');
    expect(problemPaths(answer)).to.include(`runs.${runs.length}.run_id`);
  });

  it('is refused where another session has a run of it', async () => {
    expect((await server.post(IMPORT, document)).status).to.equal(201);
    const runs = Array.isArray(document.runs) ? document.runs : [];
    const thief = changed('session.session_id', 'thief');
    const answer = await server.post(IMPORT, { ...thief, runs: runs.map((run) => ({ ...run, session_id: 'thief' })) });
    expectProblem(answer, 422, 'invalid_request');
    expect(problemPaths(answer)).to.deep.equal(['runs.0.run_id']);
    expectProblem(await server.get('/agent/sessions/thief'), 404, 'session_not_found');
    await server.delete('/agent/sessions/demo');
  });

  it('may be larger than a message, and has a limit of its own', async function () {
    this.timeout(60_000);
    const unknown = { ...document, unknown: 'x'.repeat(3 * 1024 * 1024) };
    expect((await server.post(IMPORT, unknown)).status).to.equal(201);
    await server.delete('/agent/sessions/demo');
    const large = { ...document, unknown: 'x'.repeat(64 * 1024 * 1024) };
    expectProblem(await server.post(IMPORT, large), 413, 'body_too_large');
  });

  it('is read while no other one is, for each may take much memory', async () => {
    const headers = { 'Content-Type': 'application/json', 'X-Internal-Auth': INTERNAL_KEY, Expect: '100-continue' };
    const first = request(`${server.origin}${IMPORT}`, { method: 'POST', headers });
    const answered = once(first, 'response');
    first.flushHeaders();
    await once(first, 'continue');
    const second = await server.post(IMPORT, document);
    expectProblem(second, 503, 'overloaded');
    expect(second.headers['retry-after']).to.not.equal(undefined);
    first.end(JSON.stringify(document));
    const [answer] = await answered;
    expect(answer.statusCode).to.equal(201);
    answer.resume();
    await once(answer, 'end');
    await server.delete('/agent/sessions/demo');
  });

  it('leaves nothing behind where it breaks off, and may be sent again', async () => {
    const text = JSON.stringify(document);
    const headers = { 'Content-Type': 'application/json', 'X-Internal-Auth': INTERNAL_KEY };
    const broken = request(`${server.origin}${IMPORT}`, { method: 'POST', headers });
    broken.on('error', () => {});
    await new Promise((resolve) => broken.write(text.slice(0, -1), resolve));
    const closed = new Promise((resolve) => broken.once('close', resolve));
    broken.destroy();
    await closed;
    let answer = await server.post(IMPORT, document);
    // The service may not have noticed yet that the first one is over.
    while (answer.status === 503) answer = await server.post(IMPORT, document);
    expect(answer.status).to.equal(201);
    await server.delete('/agent/sessions/demo');
  });

  it('is refused where it is no document, too deep, or holds what no store can keep', async () => {
    const send = (body: string) =>
      server.call({ method: 'POST', path: IMPORT, headers: { 'Content-Type': 'application/json' }, body });
    for (const body of ['[]', 'null', '7', '{}', `${'['.repeat(100_000)}${']'.repeat(100_000)}`])
      expectProblem(await send(body), 422, 'invalid_request');
    for (const body of ['', '{', '{"format":'] as const) expectProblem(await send(body), 400, 'invalid_body');
    for (const [path, value] of [
      ['runs.0.answer', 'Hm\u0000'],
      ['session.title', '\ud800'],
    ])
      expectProblem(await server.post(IMPORT, changed(path ?? '', value)), 400, 'invalid_text');
    const hostile = JSON.stringify(document).replace('"request":{', '"request":{"__proto__":{"onBusy":"queue"},');
    expect((await send(hostile)).status).to.equal(201);
    expect((await server.get(EXPORT)).json).to.deep.equal(document);
    await server.delete('/agent/sessions/demo');
  });
});
