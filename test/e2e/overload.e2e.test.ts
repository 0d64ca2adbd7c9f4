import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

const STREAM = '/agent/message/stream';

describe('too much', () => {
  let server: RuntimeServer;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  /** A connection that says this and stays. */
  async function open(text: string): Promise<Socket> {
    const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  }

  it('is a connection beyond the limit: it is told so and closed, and those before it are unharmed', async () => {
    const gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, settings: { MAX_CONNECTIONS: '10' } });
    const running = await server.send();
    for (let count = 1; count < 10; count += 1) await open('');
    const refused = await server.post(STREAM, aMessage({ session_id: 'other' }));
    expectProblem(refused, 503, 'overloaded');
    expect(Number(refused.headers['retry-after'])).to.be.greaterThan(0);
    expect(refused.headers.connection).to.equal('close');
    (await gateway.call()).end();
    expect((await running.ended()).finishReason).to.equal('stop');
  });

  it('is no matter for who looks after the service: health and metrics answer all the same', async () => {
    server = await RuntimeServer.start({ settings: { MAX_CONNECTIONS: '5' } });
    for (let count = 0; count < 5; count += 1) await open('');
    expect((await server.get('/health')).status).to.equal(200);
    expect((await server.get('/metrics')).text).to.match(/^agent_runtime_connections 6$/m);
  });

  it('is over when connections close', async () => {
    server = await RuntimeServer.start({ settings: { MAX_CONNECTIONS: '1' } });
    const held = await open('');
    expect((await server.get('/agent/sessions')).status).to.equal(503);
    held.destroy();
    let status = 503;
    while (status !== 200) ({ status } = await server.get('/agent/sessions'));
  });

  it('is a message while the event loop is late: it is refused before it is accepted, and taken when that is over', async () => {
    server = await RuntimeServer.start({ settings: { MAX_EVENT_LOOP_DELAY_MS: '100', MOCK_DELAY_MS: '5' } });
    const running = await server.send({}, { 'Idempotency-Key': 'before' });
    let busy = true;
    const block = (): void => {
      const end = performance.now() + 200;
      while (performance.now() < end);
      if (busy) setImmediate(() => setImmediate(block));
    };
    block();
    let refused = await server.post(STREAM, aMessage({ session_id: 'late0' }));
    for (let number = 1; refused.status === 200 && number < 20; number += 1) {
      refused = await server.post(STREAM, aMessage({ session_id: `late${number}` }));
    }
    expectProblem(refused, 503, 'overloaded');
    expect(Number(refused.headers['retry-after'])).to.be.greaterThan(0);
    expect((await server.send({}, { 'Idempotency-Key': 'before' })).runId).to.equal(running.runId);
    busy = false;
    expect((await running.ended()).finishReason).to.equal('stop');
    let { status } = refused;
    while (status !== 200) ({ status } = await server.post(STREAM, aMessage({ session_id: 'after' })));
  });

  it('is a message more than a key may send in a minute, where a limit is set; reading is not counted', async () => {
    const settings = { RATE_LIMIT_PER_MINUTE: '2', INTERNAL_API_KEY: `${INTERNAL_KEY},another-key` };
    server = await RuntimeServer.start({ settings });
    for (const session_id of ['one', 'two']) await server.converse('Hello', session_id);
    const refused = await server.post(STREAM, aMessage());
    expectProblem(refused, 429, 'rate_limited');
    expect(Number(refused.headers['retry-after'])).to.be.within(1, 60);
    expect((await server.get('/agent/sessions')).json.sessions).to.have.length(2);
    expect((await server.send({}, { 'X-Internal-Auth': 'another-key' })).status).to.equal(200);
  });

  it('is counted for each user of a key, where the key names users', async () => {
    server = await RuntimeServer.start({ settings: { RATE_LIMIT_PER_MINUTE: '1' } });
    const say = (id: string) => server.post('/agent/message', aMessage({ session_id: id }), { 'X-User-Id': id });
    for (const id of ['alice', 'bob']) expect((await say(id)).status).to.equal(200);
    for (const id of ['alice', 'bob']) expectProblem(await say(id), 429, 'rate_limited');
    expect((await server.post('/agent/message', aMessage())).status).to.equal(200);
  });

  it('is no message that was refused: for a busy session, a full queue or a full replica', async () => {
    const gateway = new GatedGateway();
    const settings = { RATE_LIMIT_PER_MINUTE: '3', MAX_RUNS: '2', QUEUE_LIMIT: '0' };
    server = await RuntimeServer.start({ gateway, settings });
    const first = await server.send({ session_id: 'one' });
    for (let number = 0; number < 5; number += 1) {
      expectProblem(await server.post(STREAM, aMessage({ session_id: 'one' })), 409, 'session_busy');
      expectProblem(await server.post(STREAM, aMessage({ session_id: 'one', on_busy: 'queue' })), 429, 'queue_full');
    }
    const second = await server.send({ session_id: 'two' });
    for (let number = 0; number < 5; number += 1) {
      expectProblem(await server.post(STREAM, aMessage({ session_id: 'three' })), 503, 'overloaded');
    }
    (await gateway.call(1)).end();
    await first.ended();
    const third = await server.send({ session_id: 'three' });
    (await gateway.call(3)).end();
    await third.ended();
    for (let number = 0; number < 3; number += 1) {
      expectProblem(await server.post(STREAM, aMessage({ session_id: 'four' })), 429, 'rate_limited');
    }
    (await gateway.call(2)).end();
    await second.ended();
  });

  it('is no message that a replica refused because it shuts down', async () => {
    const gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, settings: { RATE_LIMIT_PER_MINUTE: '2' } });
    const running = await server.send();
    const drained = server.drain(60_000);
    const spoken = [{ role: 'user', content: 'Hello', id: 'm1', parts: [{ type: 'text', text: 'Hello' }] }];
    const doors = {
      [STREAM]: aMessage({ session_id: 'other' }),
      '/agent/message': aMessage({ session_id: 'other' }),
      '/v1/chat/completions': { messages: spoken },
      '/v1/responses': { input: 'Hello' },
      '/ai/chat': { id: 'other', messages: spoken },
      '/ag-ui': { threadId: 'other', runId: 'r1', messages: spoken },
    };
    for (const [path, body] of Object.entries(doors)) {
      for (let number = 0; number < 3; number += 1) {
        const { status, text } = await server.post(path, body);
        expect(status, `${path}: ${text}`).to.equal(503);
        expect(text).to.match(/shutting.down/);
      }
    }
    (await gateway.call()).end();
    await Promise.all([running.ended(), drained]);
  });

  it('is no message too many when many come at once: as many are taken as may be', async () => {
    server = await RuntimeServer.start({ settings: { RATE_LIMIT_PER_MINUTE: '5' } });
    const sent = Array.from({ length: 20 }, (_, index) =>
      server.post(STREAM, aMessage({ session_id: `many${index}` })),
    );
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).to.have.length(5);
    expect(statuses.filter((status) => status === 429)).to.have.length(15);
  });

  it('is one message, however often it is sent at once with its key', async () => {
    server = await RuntimeServer.start({ settings: { RATE_LIMIT_PER_MINUTE: '2' } });
    const key = { 'Idempotency-Key': 'same' };
    await Promise.all([1, 2].map(() => server.post(STREAM, aMessage(), key)));
    expect((await server.post(STREAM, aMessage({ session_id: 'other' }))).status).to.equal(200);
    expectProblem(await server.post(STREAM, aMessage({ session_id: 'third' })), 429, 'rate_limited');
  });

  it('is no message that was taken before: it is answered again, with its key or behind what was seen', async () => {
    server = await RuntimeServer.start({ settings: { RATE_LIMIT_PER_MINUTE: '1' } });
    const key = { 'Idempotency-Key': 'first' };
    const first = await (await server.send({}, key)).ended();
    expectProblem(await server.post(STREAM, aMessage({ session_id: 'other' }), key), 429, 'rate_limited');
    const again = await (await server.send({}, key)).ended();
    expect(again.frames).to.deep.equal(first.frames);
    const rest = await (await server.send({}, { 'Last-Event-ID': `${first.runId}-1` })).ended();
    expect(rest.frames).to.deep.equal(first.frames.slice(1));
  });
});

describe('a body that waits to be wanted', () => {
  let server: RuntimeServer;

  beforeEach(async () => {
    server = await RuntimeServer.start();
  });
  afterEach(() => server.close());

  /** What comes back to the head of a request; the body is sent when it is wanted. */
  async function answerTo(key: string): Promise<string> {
    const body = JSON.stringify(aMessage());
    const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
    const head = [
      `POST ${STREAM} HTTP/1.1`,
      'Host: x',
      `X-Internal-Auth: ${key}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    let text = '';
    for await (const bytes of socket) {
      text += bytes;
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
    }
    return text;
  }

  it('is not wanted from somebody without the key', async () => {
    const text = await answerTo('wrong');
    expect(text).to.match(/^HTTP\/1\.1 401 /);
    expect(text).to.match(/\r\nConnection: close\r\n/i);
  });

  it('is wanted from somebody with it, and answered', async () => {
    const text = await answerTo(INTERNAL_KEY);
    expect(text).to.match(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(text).to.contain('data: [DONE]');
  });
});
