import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`a message that replaces a turn (${store})`, () => {
    let gateway: GatedGateway;
    let server: RuntimeServer;

    beforeEach(async () => {
      gateway = new GatedGateway();
      server = await RuntimeServer.start({ gateway, settings: { ...(await newStore()), SYSTEM_ROLE: 'none' } });
    });
    afterEach(() => server.close());

    /** One whole turn; returns its run. */
    async function turn(answer: string, fields: Record<string, unknown> = {}): Promise<string> {
      const number = gateway.calls.length + 1;
      const stream = await server.send(fields);
      (await gateway.call(number)).say(answer).end();
      await stream.ended();
      return stream.runId;
    }

    async function contents(): Promise<unknown> {
      const { json } = await server.get('/agent/sessions/demo/messages');
      return Array.isArray(json.messages) ? json.messages.map(({ content }) => content) : undefined;
    }

    const asked = () => gateway.calls.at(-1)?.prompt.map(({ content }) => content);

    it('edits it: the model and the history know nothing of what was said from there on', async () => {
      await turn('first', { content: 'one' });
      const second = await turn('second', { content: 'two' });
      await turn('third', { content: 'three' });
      await turn('better', { content: 'edited', replaces: second });
      expect(asked()).to.deep.equal(['one', 'first', 'edited']);
      expect(await contents()).to.deep.equal(['one', 'first', 'edited', 'better']);
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 4 });
      await turn('fourth', { content: 'four' });
      expect(asked()).to.deep.equal(['one', 'first', 'edited', 'better', 'four']);
    });

    it('asks it again where it brings no content, also in the nested form, and any number of times', async () => {
      let run = await turn('bad', { content: 'one' });
      for (const answer of ['worse', 'good']) {
        run = await turn(answer, { content: undefined, message: { type: 'user_message', replaces: run } });
        expect(asked()).to.deep.equal(['one']);
      }
      expect(await contents()).to.deep.equal(['one', 'good']);
    });

    it('leaves what it takes back readable by its run', async () => {
      const run = await turn('bad', { content: 'one' });
      await turn('good', { content: undefined, replaces: run });
      expect((await server.get(`/agent/runs/${run}`)).json).to.include({ status: 'completed' });
      const { text } = await server.get(`/agent/runs/${run}/stream`);
      expect(text).to.include('"token":"bad"').and.to.include('[DONE]');
    });

    it("is refused where no turn of the history is that run's", async () => {
      const gone = await turn('bad', { content: 'one' });
      const elsewhere = await turn('Hi', { content: 'one', session_id: 'other' });
      await turn('good', { content: undefined, replaces: gone });
      const message = { session_id: 'demo', type: 'user_message', content: 'two' };
      for (const replaces of [gone, elsewhere, 'none', '', '\u0000'])
        expectProblem(await server.post('/agent/message/stream', { ...message, replaces }), 404, 'run_not_found');
      const unknown = { ...message, session_id: 'never', replaces: gone };
      expectProblem(await server.post('/agent/message/stream', unknown), 404, 'run_not_found');
      expectProblem(await server.get('/agent/sessions/never'), 404, 'session_not_found');
      expect(await contents()).to.deep.equal(['one', 'good']);
    });

    it('is decided by on_busy while the session answers, and sent again with its key it is the same message', async () => {
      const run = await turn('first', { content: 'one' });
      const running = await server.send({ content: 'two' });
      const again = { session_id: 'demo', type: 'user_message', replaces: run };
      expectProblem(await server.post('/agent/message/stream', again), 409, 'session_busy');
      const interrupting = { ...again, on_busy: 'interrupt' };
      const key = { 'Idempotency-Key': 'key1' };
      const stream = await server.send({ ...interrupting, content: undefined }, key);
      await running.ended();
      (await gateway.call(3)).say('new').end();
      await stream.ended();
      expect(await contents()).to.deep.equal(['one', 'new']);
      const repeated = await server.post('/agent/message/stream', interrupting, key);
      expect(repeated.headers).to.include({ 'idempotency-replayed': 'true', 'x-run-id': stream.runId });
      expectProblem(await server.post('/agent/message/stream', { ...interrupting, content: 'one' }, key), 422);
    });
  });
}

describe('a message that replaces a turn', () => {
  let server: RuntimeServer;

  before(async () => {
    server = await RuntimeServer.start();
  });
  after(() => server.close());

  for (const [fields, path] of [
    [{ replaces: 1 }, 'replaces'],
    [{ replaces: null }, 'replaces'],
    [{ replaces: 'x', content: ' ' }, 'content'],
    [{ replaces: 'x', content: 1 }, 'content'],
    [{}, 'content'],
  ] as const) {
    it(`is refused by the field that is wrong: ${JSON.stringify(fields)}`, async () => {
      const answer = await server.post('/agent/message', { session_id: 'demo', type: 'user_message', ...fields });
      expectProblem(answer, 422, 'invalid_request');
      expect(problemPaths(answer)).to.deep.equal([path]);
    });
  }
});
