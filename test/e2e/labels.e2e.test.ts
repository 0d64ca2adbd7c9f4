import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const PATH = '/agent/sessions/demo';

for (const [name, settingsOf] of Object.entries({ memory: EMBEDDED_STORES.memory, Redis: SHARED_STORES.Redis })) {
  describe(`what a session shows, on ${name}`, () => {
    let server: RuntimeServer;

    beforeEach(async () => {
      server = await RuntimeServer.start({ settings: await settingsOf?.() });
    });
    afterEach(() => server.close());

    const patch = (body: unknown, path = PATH) =>
      server.call({
        method: 'PATCH',
        path,
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

    it('is the same in the session, in the list and in the list for Codelab', async () => {
      await server.converse('\n  What is tea? \nTell me more.');
      const { open_calls, ...session } = (await server.get(PATH)).json;
      expect(session).to.deep.include({
        title: 'What is tea?',
        title_set: false,
        agent: 'default',
        metadata: {},
        preview: 'What is tea? Tell me more. ',
        status: 'idle',
        message_count: 2,
      });
      expect(session.usage).to.have.all.keys('prompt_tokens', 'completion_tokens', 'total_tokens');
      expect((await server.get('/agent/sessions')).json.sessions).to.deep.equal([session]);
      expect((await server.get('/sessions')).json.sessions).to.deep.equal([session]);
    });

    it('has a short title of a first message of a megabyte, and sums what its runs used', async () => {
      await server.converse('\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(50_000));
      const run = await server.converse('again');
      const { usage } = (await server.get(`/agent/runs/${run.runId}`)).json;
      const session = (await server.get(PATH)).json;
      expect(session.title).to.equal('\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(60));
      const sum = usage === null ? 0 : Object(usage).total_tokens;
      expect(Object(session.usage).total_tokens).to.be.at.least(sum);
    });

    it('is what somebody wrote, without moving the session', async () => {
      await server.converse('Hello');
      const before = (await server.get(PATH)).json;
      const answer = await patch({ title: 'Tea', metadata: { pinned: true, n: 1, s: 'x', a: 1 }, unknown: 1 });
      expect(answer.status).to.equal(200);
      const metadata = { pinned: true, n: 1, s: 'x', a: 1 };
      expect(answer.json).to.deep.equal({ ...before, title: 'Tea', title_set: true, metadata });
      expect((await server.get(PATH)).json).to.deep.equal(answer.json);
      expect((await patch({ metadata: { pinned: null, n: null, s: null } })).json).to.deep.include({
        title: 'Tea',
        metadata: { a: 1 },
      });
      expect((await patch({})).json).to.deep.include({ title: 'Tea', metadata: { a: 1 } });
    });

    it('keeps a name that means something to JavaScript', async () => {
      await server.converse('Hello');
      const answer = await patch('{"metadata":{"__proto__":"a","constructor":1}}');
      expect(answer.text).to.contain('"metadata":{"__proto__":"a","constructor":1}');
      expect((await server.get(PATH)).text).to.contain('"metadata":{"__proto__":"a","constructor":1}');
    });
  });
}

describe('PATCH of a session', () => {
  let server: RuntimeServer;

  before(async () => {
    server = await RuntimeServer.start();
    await server.converse('Hello');
  });
  after(() => server.close());

  const patch = (body: string, path = PATH) =>
    server.call({ method: 'PATCH', path, headers: { 'Content-Type': 'application/json' }, body });
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;

  for (const [body, paths] of [
    ['[]', ['']],
    ['"title"', ['']],
    ['{"title":""}', ['title']],
    ['{"title":" \\n\\u200b"}', ['title']],
    ['{"title":null}', ['title']],
    ['{"title":7}', ['title']],
    [JSON.stringify({ title: 'ж'.repeat(201) }), ['title']],
    [JSON.stringify({ title: `a${'\u0301'.repeat(10_000)}` }), ['title']],
    ['{"metadata":null}', ['metadata']],
    ['{"metadata":[]}', ['metadata']],
    ['{"metadata":{"":1}}', ['metadata.']],
    ['{"metadata":{"a b":1,"ok":2}}', ['metadata.a b']],
    [JSON.stringify({ metadata: { ['k'.repeat(65)]: 1 } }), [`metadata.${'k'.repeat(65)}`]],
    ['{"metadata":{"a":{}}}', ['metadata.a']],
    ['{"metadata":{"a":[1]}}', ['metadata.a']],
    ['{"metadata":{"a":1e999}}', ['metadata.a']],
    [`{"metadata":${deep}}`, ['metadata.a']],
    ['{"title":"","metadata":{"a":[]}}', ['title', 'metadata.a']],
    [JSON.stringify({ title: 'x', metadata: { a: 'x'.repeat(8192) } }), ['metadata']],
    [
      JSON.stringify({
        title: 'x',
        metadata: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, true])),
      }),
      ['metadata'],
    ],
  ] as const) {
    it(`refuses ${body.slice(0, 40)} and changes nothing`, async () => {
      const before = (await server.get(PATH)).json;
      const answer = await patch(body);
      expectProblem(answer, 422, 'invalid_request');
      expect(problemPaths(answer)).to.deep.equal(paths);
      expect((await server.get(PATH)).json).to.deep.equal(before);
    });
  }

  it('takes a title of 200 characters, of whatever kind', async () => {
    for (const character of ['x', 'ж', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', 'e\u0301']) {
      const title = character.repeat(200);
      expect((await patch(JSON.stringify({ title }))).json).to.include({ title, title_set: true });
      expectProblem(await patch(JSON.stringify({ title: title + character })), 422, 'invalid_request');
    }
  });

  it('refuses text that no store can keep', async () => {
    for (const body of ['{"title":"a\\u0000"}', '{"title":"\\ud800"}', '{"metadata":{"a":"\\udc00"}}'])
      expectProblem(await patch(body), 400, 'invalid_text');
  });

  it('reads a body as every route does', async () => {
    expectProblem(await patch(''), 400, 'invalid_body');
    expectProblem(await patch('{'), 400, 'invalid_body');
    expectProblem(await server.call({ method: 'PATCH', path: PATH, body: '{}' }), 415, 'unsupported_media_type');
    expectProblem(await patch('{}', '/agent/sessions/never'), 404, 'session_not_found');
    expectProblem(await patch('{}', '/agent/sessions/%00'), 404, 'session_not_found');
    const unknown = { method: 'PATCH', path: PATH, headers: { 'X-Internal-Auth': `${INTERNAL_KEY}x` } };
    expectProblem(await server.call(unknown), 401, 'unauthorized');
    const put = await server.call({ method: 'PUT', path: PATH });
    expectProblem(put, 405, 'method_not_allowed');
    expect(put.headers.allow).to.include('PATCH');
  });
});
