import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { WinstonLogger } from '../../src/infrastructure/logging/winston-logger.js';
import { completionStream } from '../support/completion-stream.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { until } from '../support/until.js';
import { ScriptedUpstream } from '../support/upstream-server.js';

describe('the log', () => {
  let lines: Record<string, unknown>[];
  let text: string;
  let log: WinstonLogger;

  beforeEach(() => {
    lines = [];
    text = '';
    const output = new Writable({
      write(piece, _encoding, done) {
        text += String(piece);
        lines.push(JSON.parse(String(piece)));
        done();
      },
    });
    log = WinstonLogger.create({ level: 'debug', format: 'json', output });
  });

  it('names the request, the run and the session on every line of a run, of which an operator is told how it ended', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway, log });
    try {
      const stream = await server.send({}, { 'X-Request-Id': 'request-1' });
      (await gateway.call()).say('Hi').end();
      await stream.ended();
      const failing = await server.send({}, { 'X-Request-Id': 'request-2' });
      (await gateway.call(2)).fail(new Error('inner'));
      await failing.ended();
      const of = (requestId: string, runId: string) => ({ requestId, runId, sessionId: 'demo' });
      expect(
        lines
          .filter(({ message }) => message !== 'request answered')
          .map(({ level, message, requestId, runId, sessionId }) => ({ level, message, requestId, runId, sessionId })),
      ).to.deep.equal([
        { level: 'debug', message: 'message accepted', ...of('request-1', stream.runId) },
        { level: 'info', message: 'run ended', ...of('request-1', stream.runId) },
        { level: 'debug', message: 'message accepted', ...of('request-2', failing.runId) },
        { level: 'error', message: 'run failed', ...of('request-2', failing.runId) },
        { level: 'info', message: 'run ended', ...of('request-2', failing.runId) },
      ]);
    } finally {
      await server.close();
    }
  });

  it('names the request where a request failed', async () => {
    const gateway = new GatedGateway();
    gateway.listModels = async () => {
      throw new TypeError('inner');
    };
    const server = await RuntimeServer.start({ gateway, log });
    try {
      await server.get('/v1/llm/models', { 'X-Request-Id': 'request-1' });
      expect(lines.map(({ message }) => message)).to.have.members(['request failed', 'request answered']);
      expect(lines.find(({ message }) => message === 'request failed')).to.include({
        level: 'error',
        message: 'request failed',
        requestId: 'request-1',
      });
    } finally {
      await server.close();
    }
  });

  it('is silent about clients that leave while they wait for the upstream', async () => {
    const waiting = new GatedGateway();
    const asked = Promise.withResolvers<AbortSignal>();
    waiting.listModels = (signal) => {
      asked.resolve(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const server = await RuntimeServer.start({ gateway: waiting, log });
    try {
      const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
      socket.write(`GET /v1/llm/models HTTP/1.1\r\nHost: localhost\r\nX-Internal-Auth: ${INTERNAL_KEY}\r\n\r\n`);
      const signal = await asked.promise;
      socket.destroy();
      await until(() => signal.aborted);
      await server.get('/health');
      expect(lines).to.deep.equal([]);
    } finally {
      await server.close();
    }
  });

  it('has no more than the line of the request about clients that leave in the middle of their body', async () => {
    const server = await RuntimeServer.start({ log });
    try {
      const head = [
        'POST /agent/message/stream HTTP/1.1',
        'Host: localhost',
        `X-Internal-Auth: ${INTERNAL_KEY}`,
        'Content-Type: application/json',
        'Content-Length: 1000',
        'Expect: 100-continue',
      ];
      const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
      socket.write(`${head.join('\r\n')}\r\n\r\n{"session_id":`);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).to.match(/^HTTP\/1\.1 100 /);
      socket.destroy();
      await once(socket, 'close');
      expect((await server.get('/agent/sessions')).json.sessions).to.deep.equal([]);
      expect(lines.map(({ level, message, status }) => [level, message, status])).to.deep.equal([
        ['info', 'request answered', 400],
      ]);
    } finally {
      await server.close();
    }
  });

  it('holds no key, no header, no word of a user or a model, and no forged line', async () => {
    const CANARY = 'canary-7f3a';
    const upstream = new ScriptedUpstream();
    await upstream.start();
    const { text: say, finish, error, done } = completionStream;
    const events = { 'Content-Type': 'text/event-stream', 'X-Secret': CANARY };
    const answers = [
      { headers: events, steps: [{ type: 'write' as const, bytes: say(CANARY) + finish('stop') + done }] },
      { headers: events, steps: [{ type: 'write' as const, bytes: say(CANARY) + error('Internal server error') }] },
      { headers: events, steps: [{ type: 'write' as const, bytes: say(CANARY) }] },
      { status: 401, headers: events, steps: [{ type: 'write' as const, bytes: `Bad key sk-${CANARY}-upstream` }] },
      { status: 500, headers: events, steps: [{ type: 'write' as const, bytes: '<html>' }] },
    ];
    upstream.answer = () => answers.shift() ?? { status: 503 };
    const server = await RuntimeServer.start({
      log,
      settings: {
        LLM_MODE: 'openai',
        OPENAI_BASE_URL: `${upstream.url}/v1`,
        OPENAI_API_KEY: `sk-${CANARY}-upstream`,
        INTERNAL_API_KEY: `${CANARY}-internal`,
        SYSTEM_PROMPT: `${CANARY} system`,
      },
    });
    try {
      const headers = { 'X-Internal-Auth': `${CANARY}-internal`, 'X-Canary': CANARY, 'X-Request-Id': 'a\tb' };
      for (let turn = 0; turn < 6; turn += 1) {
        const stream = await server.send({ content: `${CANARY} ${turn}\n{"level":"error"}` }, headers);
        await stream.ended();
      }
      const path = '/agent/message/stream';
      const keyed = { 'Idempotency-Key': CANARY, ...headers };
      await server.post(path, aMessage({ content: CANARY }), keyed);
      await server.post(path, aMessage({ content: `${CANARY} other` }), keyed);
      await server.post(path, aMessage({ content: 1, session_id: CANARY.repeat(20) }), headers);
      await server.call({
        method: 'POST',
        path,
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: CANARY,
      });
      await server.get(`/agent/sessions/${CANARY}?cursor=${CANARY}`, headers);
      await server.get('/agent/sessions', { 'X-Internal-Auth': `${CANARY}-wrong` });
      await server.get('/v1/llm/models', headers);
      expect(lines.length).to.be.greaterThan(10);
      expect(text).not.to.contain(CANARY);
      expect(text.trimEnd().split('\n')).to.have.length(lines.length);
    } finally {
      await server.close();
      await upstream.close();
    }
  });

  it('tells for people who operate it what the provider said, without what looks like a key', async () => {
    const gateway = new GatedGateway();
    const server = await RuntimeServer.start({ gateway, log });
    try {
      const stream = await server.send();
      const detail = 'HTTP 401: Incorrect API key provided: sk-abcdefgh12345678';
      (await gateway.call()).fail(new LlmError('upstream_rejected', { detail }));
      await stream.ended();
      const line = lines.find(({ message }) => message === 'upstream failed');
      expect(line).to.include({ level: 'warning', code: 'upstream_rejected', runId: stream.runId });
      expect(line?.detail).to.equal('HTTP 401: Incorrect API key provided: [redacted]');
    } finally {
      await server.close();
    }
  });
});
