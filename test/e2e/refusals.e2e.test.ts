import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { answersIn } from '../fuzz/answers.js';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { callHttp, type HttpCall } from '../support/http-client.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { within } from '../support/within.js';

const STREAM = '/agent/message/stream';
const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('refusals', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  before(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, settings: { BODY_LIMIT: '2000' } });
  });
  after(() => server.close());

  afterEach('nothing that is refused reaches the model or the store', async () => {
    expect(gateway.calls).to.have.length(0);
    expect((await server.get('/agent/sessions')).json.sessions).to.deep.equal([]);
  });

  /** A body as bytes, with its headers. */
  const sendBody = (body: string | Uint8Array | undefined, headers: HttpCall['headers'] = JSON_TYPE) =>
    server.call({ method: 'POST', path: STREAM, headers, ...(body === undefined ? {} : { body }) });

  describe('without a right key', () => {
    for (const [name, key] of Object.entries({
      'no key': undefined,
      'an empty key': '',
      'a wrong key': 'wrong',
      'the start of the key': INTERNAL_KEY.slice(0, -1),
      'the key and more': `${INTERNAL_KEY}x`,
      'the key in other case': INTERNAL_KEY.toUpperCase(),
      'the key twice': [INTERNAL_KEY, INTERNAL_KEY],
      'a very long key': 'x'.repeat(10_000),
      'a key outside ASCII': 'clé-ÿ',
    })) {
      it(`answers 401 to ${name}`, async () => {
        const answer = await server.post(STREAM, aMessage(), { 'X-Internal-Auth': key });
        expectProblem(answer, 401, 'unauthorized');
        expect(answer.json).to.deep.equal({
          type: 'urn:agent-runtime:problem:unauthorized',
          title: 'Unauthorized',
          status: 401,
          detail: 'unauthorized',
          code: 'unauthorized',
          request_id: answer.headers['x-request-id'],
        });
      });
    }

    it('answers 401 on every route that is not public, before it looks at anything else', async () => {
      const headers = { 'X-Internal-Auth': 'wrong' };
      for (const path of [
        '/agent/sessions?limit=0',
        '/agent/sessions/x',
        '/agent/sessions/x/messages',
        '/agent/sessions/x/stream',
        '/agent/runs/x',
        '/agent/runs/x/stream',
        '/v1/llm/models',
      ]) {
        expectProblem(await server.get(path, headers), 401, 'unauthorized');
      }
      for (const path of [STREAM, '/agent/message', '/agent/runs/x/cancel']) {
        expectProblem(await server.call({ method: 'POST', path, headers, body: 'no JSON' }), 401, 'unauthorized');
      }
      expectProblem(await server.call({ method: 'DELETE', path: '/agent/sessions/x', headers }), 401, 'unauthorized');
    });

    it('takes the key as OpenAI clients send it, where the header of its own is not there', async () => {
      const path = '/agent/sessions';
      const call = (headers: Record<string, string>) => callHttp(server.origin, { method: 'GET', path, headers });
      for (const scheme of ['Bearer', 'bearer'])
        expect(await call({ Authorization: `${scheme} ${INTERNAL_KEY}` })).to.include({ status: 200 });
      for (const sent of [`Basic ${INTERNAL_KEY}`, INTERNAL_KEY, 'Bearer wrong', 'Bearer', `Bearer ${INTERNAL_KEY} x`])
        expectProblem(await call({ Authorization: sent }), 401, 'unauthorized');
      const both = { Authorization: `Bearer ${INTERNAL_KEY}`, 'X-Internal-Auth': 'wrong' };
      expectProblem(await call(both), 401, 'unauthorized');
    });

    it('answers 401 without waiting for the body', async () => {
      const headers = { ...JSON_TYPE, 'X-Internal-Auth': 'wrong', 'Content-Length': '1000' };
      const call = { method: 'POST', path: STREAM, headers, body: '{"session_id":', keepsSending: true };
      expectProblem(await within(1000, callHttp(server.origin, call)), 401, 'unauthorized');
    });

    it('takes each key of a rotation, and not their list', async () => {
      const rotating = await RuntimeServer.start({ settings: { INTERNAL_API_KEY: 'new-key, old-key' } });
      try {
        const statusWith = async (key: string) =>
          (await rotating.get('/agent/sessions', { 'X-Internal-Auth': key })).status;
        expect(await statusWith('new-key')).to.equal(200);
        expect(await statusWith('old-key')).to.equal(200);
        for (const key of ['new-key, old-key', 'new-key,old-key', ', ', 'change-me-internal-key']) {
          expect(await statusWith(key), key).to.equal(401);
        }
      } finally {
        await rotating.close();
      }
    });
  });

  describe('with a body that cannot be read', () => {
    const json = JSON.stringify(aMessage());

    for (const [name, body] of Object.entries({
      'an empty body': '',
      'no body': undefined,
      'no JSON': 'Hello',
      'half of it': json.slice(0, -1),
      'two documents': json + json,
      'a trailing comma': json.replace('}', ',}'),
      'single quotes': json.replaceAll('"', "'"),
      'bytes that are not UTF-8': Buffer.from([0x22, 0xc3, 0x28, 0x22]),
      'half of a character': Buffer.concat([Buffer.from('"'), Buffer.from('🙂').subarray(0, 3), Buffer.from('"')]),
      'a surrogate as UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      'UTF-16': Buffer.from(json, 'utf16le'),
      'NUL in content': '{"session_id":"demo","type":"user_message","content":"a\\u0000b"}',
      'half of a surrogate pair in content': '{"session_id":"demo","type":"user_message","content":"a\\ud83d"}',
      'surrogates the wrong way round': '{"session_id":"demo","type":"user_message","content":"\\ude42\\ud83d"}',
    })) {
      it(`answers 400 to ${name}`, async () => expectProblem(await sendBody(body), 400));
    }

    for (const [name, headers] of Object.entries<NonNullable<HttpCall['headers']>>({
      'no content type': { 'Content-Type': undefined },
      text: { 'Content-Type': 'text/plain' },
      'a form': { 'Content-Type': 'application/x-www-form-urlencoded' },
      'a type that only begins like JSON': { 'Content-Type': 'application/jsonp' },
      'JSON in another encoding': { 'Content-Type': 'application/json; charset=utf-16' },
      'JSON in latin1': { 'Content-Type': 'application/json; charset=latin1' },
      'JSON in another encoding behind another parameter': {
        'Content-Type': 'application/json; profile=x; charset="utf-16";',
      },
      'JSON in another encoding, written with spaces': { 'Content-Type': 'application/json; charset = latin1' },
      'JSON in US-ASCII': { 'Content-Type': 'application/json; charset=us-ascii' },
      'a problem': { 'Content-Type': 'application/problem+json' },
      'two types': { 'Content-Type': 'application/json, text/plain' },
      'a type alone': { 'Content-Type': 'json' },
      'parameters alone': { 'Content-Type': '; charset=utf-8' },
      'a compressed body': { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      'an encoding nobody knows': { ...JSON_TYPE, 'Content-Encoding': 'x-none' },
    })) {
      it(`answers 415 to ${name}`, async () => {
        const body = headers['Content-Encoding'] === 'gzip' ? gzipSync(json) : json;
        expectProblem(await sendBody(body, headers), 415);
      });
    }

    for (const [name, headers] of Object.entries<HttpCall['headers']>({
      'with a length': JSON_TYPE,
      'without one': { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
    })) {
      for (const length of [2001, 20_000_000]) {
        it(`answers 413 to a body of ${length} bytes ${name}, which it lets come to its end`, async () => {
          expectProblem(await sendBody(Buffer.alloc(length, 'x'), headers), 413, 'body_too_large');
        });
      }
    }

    it('answers 413 to a body that only says that it is over the limit', async () => {
      const headers = { 'X-Internal-Auth': INTERNAL_KEY, ...JSON_TYPE, 'Content-Length': '2001' };
      const call = { method: 'POST', path: STREAM, headers, body: '{', keepsSending: true };
      expectProblem(await within(1000, callHttp(server.origin, call)), 413, 'body_too_large');
    });

    it('answers 413 to a body without a length as soon as it is over the limit', async () => {
      const headers = { 'X-Internal-Auth': INTERNAL_KEY, ...JSON_TYPE, 'Transfer-Encoding': 'chunked' };
      const call = { method: 'POST', path: STREAM, headers, body: 'x'.repeat(2001), keepsSending: true };
      expectProblem(await within(1000, callHttp(server.origin, call)), 413, 'body_too_large');
    });
  });

  describe('with wrong fields', () => {
    const refused = async (body: unknown, paths: readonly string[]) => {
      const answer = await server.post(STREAM, body);
      expectProblem(answer, 422, 'invalid_request');
      expect(problemPaths(answer)).to.have.members(paths);
      for (const path of paths) expect(answer.json.detail).to.contain(path);
    };

    for (const field of ['session_id', 'type', 'content']) {
      it(`names ${field} when it is missing`, () => refused(aMessage({ [field]: undefined }), [field]));

      for (const value of [null, 1, true, [], {}, ['a']]) {
        it(`names ${field} when it is ${JSON.stringify(value)}`, () => refused(aMessage({ [field]: value }), [field]));
      }
    }

    it('names every wrong field at once', () => refused({}, ['session_id', 'type', 'content']));
    it('names an unknown type', () => refused(aMessage({ type: 'system_message' }), ['type']));

    for (const [field, value] of [
      ['on_busy', 'sometimes'],
      ['on_busy', null],
      ['on_disconnect', 'pause'],
      ['on_disconnect', true],
    ] as const) {
      it(`names ${field} when it is ${JSON.stringify(value)}`, () => refused(aMessage({ [field]: value }), [field]));
    }

    for (const content of ['', ' ', '\n\t\r', '\u00a0\u2003\u3000', '\ufeff']) {
      it(`names content when it is blank: ${JSON.stringify(content)}`, () =>
        refused(aMessage({ content }), ['content']));
    }

    for (const body of [[], [aMessage()], 'text', 1, true, null]) {
      it(`names the body itself when it is ${JSON.stringify(body).slice(0, 20)}`, () => refused(body, ['']));
    }

    it('names the body itself when it is a very deep list', async () => {
      const answer = await sendBody('['.repeat(900) + ']'.repeat(900));
      expectProblem(answer, 422, 'invalid_request');
      expect(problemPaths(answer)).to.deep.equal(['']);
    });

    for (const id of [
      '',
      'x'.repeat(129),
      ' demo',
      'demo ',
      'de mo',
      'demo\n',
      'de\r\nX-Forged: 1',
      '../demo',
      '.demo',
      '-demo',
      '_demo',
      '__proto__',
      'de/mo',
      'de:mo',
      'de*mo',
      "de'; DROP TABLE sessions--",
      'de%00mo',
      'de\u0000mo',
      'dém',
      '🙂',
      'дemo',
      '\u202edemo',
      'ｄemo',
    ]) {
      it(`names session_id when it is ${JSON.stringify(id.slice(0, 30))}`, () =>
        refused(aMessage({ session_id: id }), ['session_id']));
    }

    it('keeps detail a sentence, for clients that show it', async () => {
      const { json } = await server.post(STREAM, { type: 'user_message', content: 'Hi' });
      expect(json.detail).to.equal('session_id is required');
      expect(json.errors).to.deep.equal([{ path: 'session_id', message: 'is required' }]);
    });
  });

  describe('with odd headers', () => {
    for (const key of ['', 'two words', 'clé', 'x'.repeat(256), ['a', 'b'], '\t']) {
      it(`answers 400 to the Idempotency-Key ${JSON.stringify(key).slice(0, 20)}`, async () => {
        for (const path of [STREAM, '/agent/message']) {
          const answer = await server.post(path, aMessage(), { 'Idempotency-Key': key });
          expectProblem(answer, 400, 'invalid_idempotency_key');
        }
      });
    }

    it('gives a request an id of its own where the caller sent an odd one', async () => {
      for (const id of ['', 'two words', 'x'.repeat(129), 'clé', ['a', 'b']]) {
        const { headers } = await server.get('/agent/sessions', { 'X-Request-Id': id });
        expect(headers['x-request-id']).to.match(/^[0-9a-z]{20,}$/);
      }
    });

    it("keeps the caller's request id, also in a problem", async () => {
      const answer = await server.get('/agent/sessions/x', { 'X-Request-Id': 'gateway_1.a-B' });
      expectProblem(answer, 404);
      expect(answer.json.request_id).to.equal('gateway_1.a-B');
    });

    it('answers 431 to more headers than it reads', async () => {
      const answer = await server.get('/agent/sessions', { 'X-Long': 'x'.repeat(17_000) });
      expectProblem(answer, 431, 'headers_too_large');
      expect(answer.headers.connection).to.equal('close');
    });

    it('answers 417 to an expectation that is not 100-continue', async () => {
      expectProblem(await server.get('/agent/sessions', { Expect: 'wonders' }), 417, 'expectation_failed');
    });

    it('answers 400 to a transfer encoding that is not chunked alone', async () => {
      const answer = await server.post(STREAM, aMessage(), { 'Transfer-Encoding': 'gzip, chunked' });
      expectProblem(answer, 400, 'bad_request');
      expect(answer.headers.connection).to.equal('close');
    });
  });

  describe('at a wrong place', () => {
    for (const path of [
      '/agent',
      '/agent/message/stream/more',
      '/agent/runs',
      '/agent/runs/x/y',
      '//agent/sessions',
      '/AGENT%2fsessions',
      '/AGENT/sessions',
      '/agent/Sessions',
      '/agent/sessions/x/MESSAGES',
      '/METRICS',
      '/Metrics',
      '/Health',
      '/health/READY',
      '/OpenAPI.json',
      '/Docs',
      '/V1/llm/models',
      '/metrics/',
      '/health/',
      '/health/ready/',
      '/openapi.json/',
      '/agent/sessions/',
      '/agent/runs/x/stream/',
      '/docs/swagger-ui.css/',
      '/%6Detrics',
      '/metrics%20',
      '/metrics%00',
      '/metrics;x=1',
      '//metrics',
      '/./metrics',
      '/x/../metrics',
      '/health/../metrics',
      'http://localhost/METRICS',
    ]) {
      it(`answers 404 at ${path}`, async () => expectProblem(await server.get(path), 404, 'not_found'));
    }

    for (const path of ['/agent/sessions/%E0%A4%A', '/agent/runs/%', '/agent/runs/%zz/stream', '/docs/%c3%28']) {
      it(`answers 400 at ${path}, which cannot be decoded`, async () =>
        expectProblem(await server.get(path), 400, 'bad_request'));
    }

    for (const target of ['http://[::/health', 'foo://localhost']) {
      it(`answers 400 to the target ${target}, which has no path`, async () =>
        expectProblem(await server.get(target), 400, 'bad_request'));
    }

    for (const target of [
      '/metrics\xa0',
      '/\xa0metrics',
      '/metrics\xad',
      '/health\\ready',
      '/health\\ready#',
      '/\\metrics#x',
    ]) {
      it(`answers 400 to the target ${JSON.stringify(target)}, which a rule on the way may read otherwise`, async () => {
        // Node's client sends no such target.
        const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
        socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`, 'latin1');
        const [answer] = answersIn(Buffer.from(await textOf(socket)), 'GET', true);
        expect(answer?.status).to.equal(400);
        expect(answer?.body).to.contain('"code":"bad_request"');
      });
    }

    for (const path of ['/AGENT/message/stream', '/agent/message/stream/', '/agent/Message', '/agent/runs/x/cancel/']) {
      it(`answers 404 to a message at ${path}`, async () =>
        expectProblem(await server.post(path, aMessage()), 404, 'not_found'));
    }

    for (const [path, allow, methods] of [
      [STREAM, 'POST', ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['/agent/message', 'POST', ['GET', 'HEAD', 'OPTIONS']],
      ['/agent/runs/x/cancel', 'POST', ['GET', 'DELETE']],
      ['/agent/runs/x/stream', 'GET, HEAD', ['POST', 'OPTIONS']],
      ['/agent/sessions', 'GET, HEAD, DELETE', ['POST', 'PUT']],
      ['/agent/sessions/x', 'GET, HEAD, DELETE, PATCH', ['POST', 'PUT', 'OPTIONS']],
      ['/health', 'GET, HEAD', ['POST']],
    ] as const) {
      for (const method of methods) {
        it(`answers 405 to ${method} ${path} and tells what is allowed`, async () => {
          const answer = await server.call({ method, path });
          expect(answer.headers.allow).to.equal(allow);
          if (method === 'HEAD') {
            expect(answer.status).to.equal(405);
            expect(answer.headers['content-type']).to.equal('application/problem+json');
            expect(answer.bytes).to.have.length(0);
          } else expectProblem(answer, 405, 'method_not_allowed');
        });
      }
    }
  });
});

describe('what is not refused', () => {
  let server: RuntimeServer;

  before(async () => {
    server = await RuntimeServer.start({ settings: { BODY_LIMIT: '2000' } });
  });
  after(() => server.close());

  const sendBody = (body: string, headers: HttpCall['headers'] = JSON_TYPE) =>
    server.call({ method: 'POST', path: STREAM, headers, body });

  for (const type of [
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json; charset=utf-8;',
    'application/json; charset=utf-8 ; ',
    'application/json;',
    'application/json ;; charset=utf8',
    'application/json; CHARSET="UTF-8"',
    'application/json; charset = "utf-8"',
    'application/json; charset=',
    'application/json; profile=x',
    'application/json; profile="a; charset=b"; charset=utf-8',
    'application/json; charset=utf-8; odata.metadata=minimal; IEEE754Compatible=true',
    'application/json; boundary',
  ]) {
    it(`is a body of type ${type}`, async () => {
      const { status, text } = await sendBody(JSON.stringify(aMessage()), { 'Content-Type': type });
      expect(status).to.equal(200);
      expect(text).to.match(/data: \[DONE\]\n\n$/);
    });
  }

  it('is a body of exactly the limit', async () => {
    const empty = JSON.stringify(aMessage({ content: '' })).length;
    const body = JSON.stringify(aMessage({ content: 'x'.repeat(2000 - empty) }));
    expect(body).to.have.length(2000);
    expect((await sendBody(body)).status).to.equal(200);
  });

  it('is a field that nobody knows, whatever it is called', async () => {
    const body = JSON.stringify(aMessage()).replace(
      '{',
      '{"__proto__":{"polluted":1},"constructor":1,"metadata":{"a":[1]},',
    );
    expect((await sendBody(body)).status).to.equal(200);
    expect({}).not.to.have.property('polluted');
  });

  for (const id of ['a', '0', 'A-b_c.d', 'x'.repeat(128), 'constructor']) {
    it(`is the session id ${id.slice(0, 20)}`, async () => {
      expect((await server.post(STREAM, aMessage({ session_id: id }))).status).to.equal(200);
      expect((await server.get(`/agent/sessions/${id}`)).status).to.equal(200);
    });
  }

  it('is content with spaces around it, a byte order mark before the body, or 255 characters of key', async () => {
    expect((await sendBody(`\ufeff${JSON.stringify(aMessage({ content: ' Hi ' }))}`)).status).to.equal(200);
    expect((await server.post(STREAM, aMessage(), { 'Idempotency-Key': '~'.repeat(255) })).status).to.equal(200);
  });

  it('is HEAD where there is GET', async () => {
    for (const path of ['/health', '/agent/sessions', '/openapi.json', '/docs']) {
      const { status, bytes } = await server.call({ method: 'HEAD', path });
      expect(status).to.equal(200);
      expect(bytes).to.have.length(0);
    }
  });

  it('is HEAD on a stream, which ends at once', async () => {
    const { headers } = await server.post(STREAM, aMessage());
    const answer = await within(
      1000,
      server.call({ method: 'HEAD', path: `/agent/runs/${headers['x-run-id']}/stream` }),
    );
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.equal('text/event-stream; charset=utf-8');
    expect(answer.bytes).to.have.length(0);
  });
});

describe('a body of the usual limit', () => {
  it('is 1 MiB', async () => {
    const server = await RuntimeServer.start();
    try {
      const content = (length: number) => aMessage({ content: 'x'.repeat(length) });
      expect((await server.post(STREAM, content(1_048_000))).status).to.equal(200);
      expectProblem(await server.post(STREAM, content(1_048_577)), 413, 'body_too_large');
    } finally {
      await server.close();
    }
  });
});

describe('limits of a replica', () => {
  it('refuse a run too many with 503, and take it again when there is room', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway, settings: { MAX_RUNS: '2' } });
    try {
      const first = await server.send({ session_id: 'one' });
      await server.send({ session_id: 'two' });
      const answer = await server.post(STREAM, aMessage({ session_id: 'three' }));
      expectProblem(answer, 503, 'overloaded');
      expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
      expectProblem(await server.get('/agent/sessions/three'), 404);
      (await gateway.call(1)).end();
      await first.ended();
      const third = await server.send({ session_id: 'three' });
      expect(third.status).to.equal(200);
    } finally {
      await server.close();
    }
  });

  it('refuse a session too many with 503 while every session is busy, and else forget the one not used longest', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway, settings: { MAX_SESSIONS: '2' } });
    try {
      const first = await server.send({ session_id: 'one' });
      await server.send({ session_id: 'two' });
      expectProblem(await server.post(STREAM, aMessage({ session_id: 'three' })), 503, 'overloaded');
      (await gateway.call(1)).end();
      await first.ended();
      expect((await server.send({ session_id: 'three' })).status).to.equal(200);
      expectProblem(await server.get('/agent/sessions/one'), 404, 'session_not_found');
      expect((await server.get('/agent/sessions/two')).status).to.equal(200);
    } finally {
      await server.close();
    }
  });
});
