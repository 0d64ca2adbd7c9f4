import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect } from 'chai';
import { answersIn } from '../fuzz/answers.js';
import { GatedGateway } from '../support/gated-gateway.js';
import type { HttpAnswer } from '../support/http-client.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { ScriptedModel, text } from '../support/scripted-model.js';

const MAY_BE_KEPT = ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/favicon-32x32.png'];

describe('a cache on the way', () => {
  let server: RuntimeServer;

  before(async () => {
    server = await RuntimeServer.start();
    await server.converse('Hello');
  });
  after(() => server.close());

  const expectNotKept = ({ status, headers }: HttpAnswer, name: string) =>
    expect(headers['cache-control'], `${name} ${status}`).to.match(/\bno-store\b/);

  it('is told to keep nothing of any route, whether it is answered or refused', async () => {
    const { json } = await server.get('/openapi.json');
    const operations = Object.entries(Object(json.paths)).flatMap(([path, methods]) =>
      Object.keys(Object(methods)).map((method) => ({ path, method: method.toUpperCase() })),
    );
    expect(operations.length).to.be.greaterThan(12);
    for (const { path, method } of operations) {
      const at = { method, path: path.replace('{id}', 'demo').replaceAll(/\{\w+\}/g, 'x') };
      const body = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(aMessage()) };
      for (const [what, call] of Object.entries({
        'as it should be': method === 'POST' ? { ...at, ...body } : at,
        'with a wrong key': { ...at, headers: { 'X-Internal-Auth': 'wrong' } },
        'with another method': { ...at, method: 'PUT' },
        'without a body': { ...at, headers: { 'Content-Type': 'text/plain' } },
      })) {
        expectNotKept(await server.call(call), `${method} ${path} ${what}`);
      }
    }
  });

  it('is told so by whatever is answered before a route is found', async () => {
    for (const path of [
      '/',
      '/chat/',
      '/nowhere',
      '/METRICS',
      '/agent/sessions/%',
      'http://[::/health',
      '/health\\x',
    ]) {
      expectNotKept(await server.get(path), path);
    }
    expectNotKept(await server.get('/health', { 'X-Long': 'x'.repeat(17_000) }), 'a long header');
    expectNotKept(await server.get('/health', { Expect: 'wonders' }), 'an expectation');
    for (const request of ['CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n', 'nonsense\r\n\r\n']) {
      const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
      socket.write(request);
      const [answer] = answersIn(Buffer.from(await textOf(socket)), 'GET', true);
      expect(answer?.headers['cache-control'], request).to.equal('no-store');
    }
  });

  it('is told so by a run, its stream, and the 204 behind its ending', async () => {
    const { runId, lastId } = await server.converse('Hello', 'other');
    const after = { 'Last-Event-ID': String(lastId) };
    for (const path of [`/agent/runs/${runId}`, `/agent/runs/${runId}/stream`, '/agent/sessions/other/messages']) {
      expectNotKept(await server.get(path), path);
    }
    const ended = await server.get(`/agent/runs/${runId}/stream`, after);
    expect(ended.status).to.equal(204);
    expectNotKept(ended, 'the ending');
    expectNotKept(await server.delete('/agent/sessions/other'), 'a deletion');
  });

  it('is told so by an answer that failed', async () => {
    const gateway = new GatedGateway();
    gateway.listModels = () => Promise.reject(new TypeError('inner'));
    const broken = await RuntimeServer.start({ gateway });
    try {
      const answer = await broken.get('/v1/llm/models');
      expect(answer.status).to.equal(500);
      expectNotKept(answer, 'a failure');
    } finally {
      await broken.close();
    }
  });

  it('is told so by a failed run that was asked for whole', async () => {
    const failing = await RuntimeServer.start({ gateway: new ScriptedModel(text('half')) });
    try {
      const answer = await failing.post('/agent/message', aMessage());
      expect(answer.status).to.be.within(500, 504);
      expectNotKept(answer, 'a failed run');
    } finally {
      await failing.close();
    }
  });

  it('may keep the files of the docs page, but not what is refused there', async () => {
    for (const path of MAY_BE_KEPT) {
      expect((await server.get(path)).headers['cache-control'], path).to.equal('public, max-age=86400');
      const refused = await server.get(path, { Range: 'bytes=99999999-' });
      expect(refused.status).to.equal(416);
      expectNotKept(refused, path);
    }
    expectNotKept(await server.get('/docs/nothing'), 'no file');
  });
});
