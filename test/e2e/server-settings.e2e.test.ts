import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect } from 'chai';
import { answersIn } from '../fuzz/answers.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

/** Where Node tells of every request, with the server that it came to. */
const REQUEST_STARTS = 'http.server.request.start';
const BALANCERS_S = 60;
const REQUEST_MILLISECONDS = 300;

describe('a connection', () => {
  let server: RuntimeServer;

  beforeEach(async () => {
    server = await RuntimeServer.start();
  });
  afterEach(() => server.close());

  const open = () => connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
  const head = ['Host: x', `X-Internal-Auth: ${INTERNAL_KEY}`, 'Content-Type: application/json'];

  /** A message with its body. */
  function message(): string {
    const body = JSON.stringify(aMessage());
    return ['POST /agent/message/stream HTTP/1.1', ...head, `Content-Length: ${body.length}`, '', body].join('\r\n');
  }

  it('is kept for longer than balancers do', async () => {
    const { headers } = await server.get('/health', { Connection: 'keep-alive' });
    const [, seconds] = /timeout=(\d+)/.exec(String(headers['keep-alive'])) ?? [];
    expect(Number(seconds)).to.be.greaterThan(BALANCERS_S);
  });

  it('answers a request that was sent behind a stream after the stream', async () => {
    const socket = open();
    socket.write(`${message()}GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [stream, health, ...more] = answersIn(Buffer.from(await textOf(socket)), 'POST', true);
    expect([stream?.status, stream?.isWhole, health?.status, health?.isWhole, more.length]).to.deep.equal([
      200,
      true,
      200,
      true,
      0,
    ]);
    expect(stream?.body).to.match(/data: \[DONE\]\n\n$/);
    expect(health?.body).to.contain('healthy');
  });

  it('is not told to go on where its client speaks HTTP/1.0, which knows of no such answer', async () => {
    const socket = open();
    socket.write(message().replace('HTTP/1.1', 'HTTP/1.0').replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
    expect(await textOf(socket)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('is closed behind a request for two hosts, of which another server might believe the other one', async () => {
    const socket = open();
    socket.write('GET /health HTTP/1.1\r\nHost: one\r\nHost: two\r\n\r\n');
    const [answer] = answersIn(Buffer.from(await textOf(socket)), 'GET', true);
    expect([answer?.status, answer?.headers.connection]).to.deep.equal([400, 'close']);
    expect(answer?.body).to.contain('"code":"bad_request"');
  });

  it('becomes no tunnel: CONNECT is refused with a problem', async () => {
    const socket = open();
    socket.write('CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n');
    const [answer] = answersIn(Buffer.from(await textOf(socket)), 'CONNECT', true);
    expect(answer).to.include({ status: 400, isWhole: true });
    expect(answer?.headers).to.include({ 'content-type': 'application/problem+json', connection: 'close' });
    expect(answer?.body).to.contain('"code":"bad_request"');
  });

  it('has 30 s for each request, its head and its body together, where nothing else is said', async () => {
    const servers: unknown[] = [];
    const note = (message: unknown) => servers.push(message);
    subscribe(REQUEST_STARTS, note);
    await server.get('/health');
    unsubscribe(REQUEST_STARTS, note);
    expect(servers).to.have.length(1);
    expect(servers[0]).to.have.nested.property('server.requestTimeout', 30_000);
    expect(servers[0]).to.have.nested.property('server.headersTimeout', 30_000);
  });

  it('is ended with a problem when its request does not come to its end in time; others are not harmed', async () => {
    await server.close();
    server = await RuntimeServer.start({ requestMilliseconds: REQUEST_MILLISECONDS });
    const slow = [
      ['GET /health HTTP/1.1', 'Host: x', ''],
      ['POST /agent/message HTTP/1.1', ...head, 'Content-Length: 9', '', '{'],
    ];
    const answers = slow.map((lines) => {
      const socket = open();
      socket.write(lines.join('\r\n'));
      return textOf(socket);
    });
    expect((await server.converse('Hello')).finishReason).to.equal('stop');
    for (const answer of await Promise.all(answers)) {
      const [{ status, body } = { status: 0, body: '' }] = answersIn(Buffer.from(answer), 'GET', true);
      expect(status).to.equal(408);
      expect(body).to.contain('"code":"request_timeout"');
    }
  });
});
