import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const user = (id: string) => ({ 'X-User-Id': id });
const [ALICE, BOB] = [user('alice'), user('bob@example.org:1')];

/** Every GET about a session or a run; `{id}` and `{run}` stand for them. */
const LOOKS = [
  '/agent/sessions/{id}',
  '/agent/sessions/{id}/messages',
  '/agent/sessions/{id}/messages?limit=1',
  '/agent/sessions/{id}/calls',
  '/agent/sessions/{id}/export',
  '/sessions/{id}/history',
  '/sessions/{id}/pending-approvals',
  '/agents/{id}/current',
  '/agent/runs/{run}',
  '/agent/runs/{run}/stream',
];

for (const [name, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`users on the ${name} store`, function () {
    this.timeout(60_000);
    let server: RuntimeServer;

    before(async () => {
      server = await RuntimeServer.start({ settings: { ...(await newStore()) } });
    });
    after(() => server.close());

    async function turn(session_id: string, headers: Record<string, string>, content = 'Hello'): Promise<string> {
      const stream = await server.send({ session_id, content }, headers);
      expect(stream.status).to.equal(200);
      await stream.ended();
      return stream.runId;
    }

    async function ids(path: string, headers: Record<string, string>): Promise<unknown> {
      const { sessions } = JSON.parse((await server.get(path, headers)).text);
      return sessions.map((session: Record<string, unknown>) => `${session.user_id} ${session.session_id}`).toSorted();
    }

    it('finds what is the user’s own, and nothing that is another’s, on every route', async () => {
      const run = await turn('mine', ALICE);
      for (const look of LOOKS) {
        const path = look.replace('{id}', 'mine').replace('{run}', run);
        expect((await server.get(path, ALICE)).status, path).to.equal(200);
        expect((await server.get(path)).status, `${path} without a user`).to.equal(200);
        expectProblem(await server.get(path, BOB), 404);
      }
      expect((await server.get('/agent/sessions/mine/stream', ALICE)).status).to.equal(204);
      expectProblem(await server.get('/agent/sessions/mine/stream', BOB), 404, 'session_not_found');
      for (const path of [`/agent/runs/${run}/cancel`, '/agent/sessions/mine/cancel']) {
        expectProblem(await server.post(path, undefined, BOB), 404);
        expect((await server.post(path, undefined, ALICE)).status, path).to.equal(200);
      }
      expectProblem(await server.call({ method: 'DELETE', path: '/agent/sessions/mine', headers: BOB }), 404);
      const labels = { method: 'PATCH', path: '/agent/sessions/mine', body: '{"title":"Tea"}' };
      const json = { 'Content-Type': 'application/json' };
      expectProblem(await server.call({ ...labels, headers: { ...json, ...BOB } }), 404);
      expect((await server.call({ ...labels, headers: { ...json, ...ALICE } })).json).to.include({ title: 'Tea' });
      expect(await ids('/agent/sessions', ALICE)).to.deep.equal(['alice mine']);
      expect(await ids('/sessions', ALICE)).to.deep.equal(['alice mine']);
      expect(await ids('/agent/sessions', BOB)).to.deep.equal([]);
      expect((await server.get('/agent/sessions/mine', ALICE)).json).to.include({ user_id: 'alice' });
    });

    it('gives each user a session of the same id, with keys, turns and streams of its own', async () => {
      const key = { 'Idempotency-Key': 'same' };
      const runs = [];
      for (const owner of [{}, ALICE, BOB]) runs.push(await turn('shared', { ...owner, ...key }));
      expect(new Set(runs).size).to.equal(3);
      const [, alices = '', bobs = ''] = runs;
      const answer = await server.post('/agent/message', aMessage({ session_id: 'shared', replaces: alices }), BOB);
      expectProblem(answer, 404, 'run_not_found');
      const cursor = { 'Last-Event-ID': `${alices}-1` };
      const repeated = await server.post('/agent/message/stream', aMessage({ session_id: 'shared' }), {
        ...BOB,
        ...cursor,
      });
      expectProblem(repeated, 410, 'resume_expired');
      const joined = await server.get('/agent/sessions/shared/stream', { ...BOB, ...cursor });
      expect(joined.status).to.equal(204);
      expectProblem(await server.get(`/agent/runs/${bobs}/stream`, { ...ALICE, 'Last-Event-ID': `${bobs}-1` }), 404);
      for (const owner of [ALICE, BOB, {}])
        expect((await server.get('/agent/sessions/shared', owner)).json).to.include({ message_count: 2 });
      expect((await server.get('/agent/sessions/shared')).json).to.include({ user_id: null });
    });

    it('takes what a user says of calls for the user’s own session only', async () => {
      const tools = [{ type: 'function', function: { name: 'read_file' } }];
      const asking = { session_id: 'tools', type: 'user_message', content: '/call read_file {}', tools };
      expect((await server.post('/agent/message', asking, ALICE)).json).to.include({ finish_reason: 'tool_calls' });
      const [open] = JSON.parse((await server.get('/agent/sessions/tools/calls', ALICE)).text).open_calls;
      const result = { session_id: 'tools', type: 'tool_result', call_id: open.call_id, result: 'text' };
      expectProblem(await server.post('/agent/message', result, BOB), 404, 'session_not_found');
      const went = await server.post('/agent/message', result);
      expect(went.status).to.equal(200);
      expect((await server.get(`/agent/runs/${went.json.run_id}`, ALICE)).status).to.equal(200);
      expectProblem(await server.get(`/agent/runs/${went.json.run_id}`, BOB), 404);
    });

    it('asks whose session is meant where several users have the id, and nobody has', async () => {
      await turn('several', ALICE);
      expect((await server.get('/agent/sessions/several')).json).to.include({ user_id: 'alice' });
      await turn('several', BOB);
      for (const path of ['', '/messages', '/messages?limit=2', '/calls', '/stream'])
        expectProblem(await server.get(`/agent/sessions/several${path}`), 409, 'session_ambiguous');
      const refused = await server.post('/agent/message', aMessage({ session_id: 'several' }));
      expectProblem(refused, 409, 'session_ambiguous');
      expect(refused.headers['retry-after']).to.equal(undefined);
      expectProblem(await server.delete('/agent/sessions/several'), 409, 'session_ambiguous');
    });

    it('gives a session that is imported to the user who is named, else to whoever had it', async () => {
      const run = await turn('moved', ALICE);
      const { text: body } = await server.get('/agent/sessions/moved/export', ALICE);
      const headers = { 'Content-Type': 'application/json' };
      const bring = (owner: Record<string, string>) =>
        server.call({ method: 'POST', path: '/agent/sessions/import', body, headers: { ...headers, ...owner } });
      expectProblem(await bring({}), 409, 'session_exists');
      expect((await server.call({ method: 'DELETE', path: '/agent/sessions/moved', headers: ALICE })).status).to.equal(
        204,
      );
      expect((await bring({})).json).to.include({ user_id: 'alice' });
      expect((await server.get(`/agent/runs/${run}`, ALICE)).status).to.equal(200);
      expectProblem(await server.get(`/agent/runs/${run}`, BOB), 404);
      expect((await server.call({ method: 'DELETE', path: '/agent/sessions/moved', headers: ALICE })).status).to.equal(
        204,
      );
      expect((await bring(BOB)).json).to.include({ user_id: BOB['X-User-Id'] });
      expect((await server.get(`/agent/runs/${run}`, BOB)).status).to.equal(200);
      for (const path of [`/agent/runs/${run}`, '/agent/sessions/moved', '/agent/sessions/moved/messages'])
        expectProblem(await server.get(path, ALICE), 404);
    });

    it('deletes all of a user, what runs included, and nothing of others', async () => {
      const carol = user('carol');
      const remove = (headers: Record<string, string>) =>
        server.call({ method: 'DELETE', path: '/agent/sessions', headers });
      expect((await remove(carol)).status).to.equal(204);
      const streams = [];
      for (const id of ['c1', 'c2', 'c3']) streams.push(await server.send({ session_id: id, content: 'Hi' }, carol));
      await turn('c1', BOB);
      expect((await remove(carol)).status).to.equal(204);
      for (const stream of streams) {
        await stream.ended();
        expectProblem(await server.get(`/agent/runs/${stream.runId}`), 404);
      }
      expect(await ids('/agent/sessions', carol)).to.deep.equal([]);
      expect((await server.get('/agent/sessions/c1', BOB)).status).to.equal(200);
      const unnamed = await remove({});
      expectProblem(unnamed, 422, 'invalid_request');
      expect(problemPaths(unnamed)).to.deep.equal(['X-User-Id']);
    });

    it('refuses a name that can be nobody’s, behind the key alone', async () => {
      const wrong = ['', ' ', 'a b', 'a/b', 'é', 'x'.repeat(129), 'a,b', '%41'];
      for (const id of wrong) {
        for (const path of ['/agent/sessions', '/agent/sessions/x', '/agent/runs/x', '/v1/llm/models', '/sessions']) {
          const answer = await server.get(path, { 'X-User-Id': Buffer.from(id).toString('latin1') });
          expectProblem(answer, 422, 'invalid_request');
          expect(problemPaths(answer)).to.deep.equal(['X-User-Id']);
        }
      }
      const posted = await server.post('/agent/message', aMessage(), user(''));
      expectProblem(posted, 422, 'invalid_request');
      expect((await server.get('/health', user(''))).status).to.equal(200);
      expectProblem(await server.get('/agent/sessions', { ...user(''), 'X-Internal-Auth': 'wrong' }), 401);
      expect(
        (await server.get('/agent/sessions', { 'X-Internal-Auth': INTERNAL_KEY, ...user('x'.repeat(128)) })).status,
      ).to.equal(200);
    });

    it('tells nobody’s name in metrics', async () => {
      expect((await server.get('/metrics')).text).not.to.match(/alice|bob/);
    });
  });
}
