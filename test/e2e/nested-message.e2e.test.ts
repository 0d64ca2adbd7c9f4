import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';

const STREAM = '/agent/message/stream';
const ROUTES = [STREAM, '/agent/message'];
const MESSAGE = { type: 'user_message', content: 'Hello there', role: 'user' };
const FLAT = { session_id: 'demo', type: 'user_message', content: 'Hello there' };

describe('a message under "message"', () => {
  let server: RuntimeServer;

  beforeEach(async () => {
    server = await RuntimeServer.start();
  });
  afterEach(() => server.close());

  const historyOf = async (session: string) => (await server.get(`/agent/sessions/${session}/messages`)).json.messages;

  for (const route of ROUTES) {
    it(`is answered at ${route} as the flat one is`, async () => {
      for (const [session_id, body] of Object.entries({
        nested: { message: MESSAGE },
        odd: {
          message: { ...MESSAGE, role: 7, agent_type: 'default', session_id: 'elsewhere', metadata: [1] },
          extra: {},
        },
        outer: { type: 'user_message', message: { content: 'Hello there' } },
        inner: { ...FLAT, content: 'Not this', message: MESSAGE },
      })) {
        expect((await server.post(route, { ...body, session_id })).status, session_id).to.equal(200);
        expect(await historyOf(session_id), session_id).to.have.nested.property('[0].content', 'Hello there');
        expect(await historyOf(session_id), session_id).to.have.nested.property('[1].content', 'Hello there ');
      }
      expectProblem(await server.get('/agent/sessions/elsewhere'), 404);
    });

    for (const [body, paths] of [
      [{ session_id: 'demo', message: {} }, ['message.type', 'message.content']],
      [{ session_id: 'demo', message: null }, ['message.type', 'message.content']],
      [{ session_id: 'demo', message: 'Hello' }, ['message.type', 'message.content']],
      [{ session_id: 'demo', message: [MESSAGE] }, ['message.type', 'message.content']],
      [{ session_id: 'demo', message: { ...MESSAGE, type: 'system_message' } }, ['message.type']],
      [{ session_id: 'demo', message: { ...MESSAGE, type: null } }, ['message.type']],
      [{ session_id: 'demo', message: { ...MESSAGE, content: ' ' } }, ['message.content']],
      [{ session_id: 'demo', message: { ...MESSAGE, on_busy: 'sometimes' } }, ['message.on_busy']],
      [{ session_id: 'demo', message: MESSAGE, on_busy: 'sometimes' }, ['on_busy']],
      [{ session_id: 'demo', message: { ...MESSAGE, on_busy: 'x' }, on_busy: 'queue' }, ['message.on_busy']],
      [{ session_id: 'demo', message: MESSAGE, on_disconnect: 1 }, ['on_disconnect']],
      [{ message: MESSAGE }, ['session_id']],
      [{ message: { ...MESSAGE, session_id: 'demo' } }, ['session_id']],
      [{ session_id: ' ', message: MESSAGE }, ['session_id']],
    ] as const) {
      it(`is refused at ${route} by the path that its client wrote: ${JSON.stringify(body)}`, async () => {
        const answer = await server.post(route, body);
        expectProblem(answer, 422, 'invalid_request');
        expect(problemPaths(answer)).to.have.members(paths);
      });
    }
  }

  it('is refused by its path for text that no store can keep', async () => {
    const answer = await server.post(STREAM, { session_id: 'demo', message: { ...MESSAGE, content: 'a\0' } });
    expectProblem(answer, 400, 'invalid_text');
    expect(answer.json.detail).to.contain('message.content');
  });

  it('is none where a flat body has a field of that name', async () => {
    for (const [index, message] of ['Hello', null, 7, [], true].entries()) {
      const { status } = await server.post(STREAM, { ...FLAT, session_id: `flat${index}`, message });
      expect(status).to.equal(200);
    }
  });

  it('is the same message as the flat one, for a key and for a cursor', async () => {
    const key = { 'Idempotency-Key': 'a' };
    const first = await server.post(STREAM, { ...FLAT, on_busy: 'queue' }, key);
    for (const nested of [
      { session_id: 'demo', message: { ...MESSAGE, on_busy: 'queue' } },
      { session_id: 'demo', message: MESSAGE, on_busy: 'queue' },
      { session_id: 'demo', message: { ...MESSAGE, on_busy: 'queue' }, on_busy: 'reject' },
    ]) {
      const again = await server.post(STREAM, nested, key);
      expect(again.headers).to.include({ 'idempotency-replayed': 'true', 'x-run-id': first.headers['x-run-id'] });
      const cursor = { 'Last-Event-ID': `${first.headers['x-run-id']}-1` };
      expect((await server.post(STREAM, nested, cursor)).status).to.equal(200);
    }
    expectProblem(
      await server.post(STREAM, { session_id: 'demo', message: MESSAGE }, key),
      422,
      'idempotency_mismatch',
    );
  });
});

describe('options beside a message under "message"', () => {
  it('count as those in it, and the inner ones win', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway });
    try {
      const stream = await server.send();
      const call = await gateway.call();
      expectProblem(await server.post(STREAM, { session_id: 'demo', message: MESSAGE }), 409, 'session_busy');
      const inner = { session_id: 'demo', message: { ...MESSAGE, on_busy: 'reject' }, on_busy: 'queue' };
      expectProblem(await server.post(STREAM, inner), 409, 'session_busy');
      const queued = server.post(STREAM, { session_id: 'demo', message: MESSAGE, on_busy: 'queue' });
      call.say('One').end();
      (await gateway.call(2)).say('Two').end();
      expect((await queued).status).to.equal(200);
      await stream.ended();
    } finally {
      await server.close();
    }
  });
});
