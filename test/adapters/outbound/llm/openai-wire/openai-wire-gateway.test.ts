import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import sinon from 'sinon';
import { HttpTransport } from '../../../../../src/adapters/outbound/llm/openai-wire/http-transport.js';
import { OpenAiWireGateway } from '../../../../../src/adapters/outbound/llm/openai-wire/openai-wire-gateway.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { completionStream } from '../../../../support/completion-stream.js';
import { cuts } from '../../../../support/cuts.js';
import { freePort } from '../../../../support/free-port.js';
import { answerOf } from '../../../../support/pulled.js';
import { until } from '../../../../support/until.js';
import type { UpstreamAnswer, UpstreamStep } from '../../../../support/upstream-server.js';
import { ScriptedUpstream } from '../../../../support/upstream-server.js';

const { text, finish, usage, done } = completionStream;
const CONNECT_MS = 200;
const KEY = 'sk-canary-4f1d9c';
const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const WHOLE = text('Hello') + finish('stop') + done;

describe('OpenAiWireGateway', () => {
  let upstream: ScriptedUpstream;
  let abort: AbortController;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    abort = new AbortController();
    await upstream.start();
  });
  afterEach(async () => {
    sinon.restore();
    await upstream.close();
  });

  const gatewayAt = (url: string) =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${url}/chat/completions`,
        modelsUrl: `${url}/models`,
        headers: { Authorization: `Bearer ${KEY}` },
        streamUsage: true,
        provider: 'test',
      },
      new HttpTransport(CONNECT_MS),
    );

  const answer = (given: UpstreamAnswer) => {
    upstream.answer = () => given;
  };

  /** The text, and the finish reason or the error's code. */
  async function ask(url = upstream.url): Promise<string> {
    const { batches, error } = await read(answerOf(gatewayAt(url), [], abort.signal));
    return summary(batches.flat(), error);
  }

  async function askForError(url = upstream.url): Promise<LlmError> {
    const { error } = await read(answerOf(gatewayAt(url), [], abort.signal));
    if (!(error instanceof LlmError)) throw new Error('There was no LlmError.');
    return error;
  }

  describe('statuses', () => {
    const CODES = {
      upstream_unauthorized: [401, 403, 407],
      upstream_unknown_model: [404, 405, 410],
      upstream_quota_exceeded: [402],
      upstream_too_long: [413],
      upstream_rejected: [400, 422, 418],
      upstream_timeout: [408],
      upstream_rate_limited: [429],
      upstream_unavailable: [409, 500, 502, 503, 504, 529],
      upstream_protocol: [301, 302, 304, 307, 308, 204, 205],
    };
    for (const [code, statuses] of Object.entries(CODES)) {
      it(`takes ${statuses.join(', ')} for ${code}`, async () => {
        for (const status of statuses) {
          answer({ status, headers: { Location: '/elsewhere' } });
          expect(await ask(), String(status)).to.equal(`, ${code}`);
        }
      });
    }

    it('hands on how long the upstream wants to be left alone', async () => {
      answer({ status: 429, headers: { 'Retry-After': '7' } });
      expect(await askForError()).to.include({ code: 'upstream_rate_limited', retryAfterMs: 7000 });
    });

    it('does not follow a redirect', async () => {
      answer({ status: 307, headers: { Location: `${upstream.url}/elsewhere` } });
      await ask();
      expect(upstream.requests.map(({ path }) => path)).to.deep.equal(['/chat/completions']);
    });

    it('tells the log what the upstream names, and none of its sentences', async () => {
      const error = {
        message: 'You said: my secret plan',
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
      };
      answer({ status: 400, steps: [write(JSON.stringify({ error }))] });
      const { detail, message } = await askForError();
      expect(detail).to.equal('HTTP 400 context_length_exceeded invalid_request_error');
      expect(message).not.to.contain('context');
    });

    it('does not wait for an error body that never ends', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      answer({ status: 503, steps: [write('half a rea'), { type: 'hang' }] });
      const asking = askForError();
      await until(() => clock.countTimers() > 0);
      clock.tick(2000);
      expect((await asking).code).to.equal('upstream_unavailable');
      await upstream.requests[0]?.socketClosed;
    });

    it('does not read an endless error body', async () => {
      answer({ status: 500, steps: endless('x'.repeat(16 * 1024)) });
      expect((await askForError()).code).to.equal('upstream_unavailable');
      await upstream.requests[0]?.socketClosed;
    });
  });

  describe('formats', () => {
    const whole = (message: unknown, more = {}) =>
      JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], ...more });

    for (const headers of [
      {},
      { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'TEXT/Event-Stream' },
      { 'Content-Type': 'text/event-stream;' },
      { 'Content-Type': 'text/event-stream; x=y; charset=nonsense' },
      // A browser would refuse these two (format-mime-bogus, format-mime-valid-bogus).
      { 'Content-Type': 'x bogus' },
      { 'Content-Type': 'text/x-bogus' },
      { 'Content-Type': 'application/octet-stream' },
    ]) {
      it(`reads events that come with ${JSON.stringify(headers)}`, async () => {
        answer({ headers, steps: [write(WHOLE)] });
        expect(await ask()).to.equal('Hello, stop');
      });
    }

    it('reads an answer that is not streamed', async () => {
      const used = { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } };
      answer({ headers: JSON_TYPE, steps: [write(whole({ role: 'assistant', content: 'Hello' }, used))] });
      const { batches } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal));
      expect(batches).to.deep.equal([
        [
          { type: 'text', text: 'Hello' },
          { type: 'usage', usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
          { type: 'end', finishReason: 'stop' },
        ],
      ]);
    });

    const DOCUMENT = whole({ role: 'assistant', content: [{ type: 'text', text: 'Hello' }] }, { error: {} });
    const PRETTY = JSON.stringify(JSON.parse(DOCUMENT), undefined, 2);
    const TOLD_APART: Readonly<Record<string, string>> = {
      events: WHOLE,
      'events behind a BOM and blank lines': `\uFEFF\r\n\n\n${WHOLE}`,
      'events behind comments and other fields': `: ping\n\nretry: 1\nid: 1\nevent: message\n${WHOLE}`,
      'events with CRLF': WHOLE.replaceAll('\n', '\r\n'),
      'a document': DOCUMENT,
      'a document on many lines': PRETTY,
      'a document behind a BOM and blanks': `\uFEFF \r\n\t${PRETTY}\r\n`,
      'a document and [DONE]': `${DOCUMENT}\n\n${done}`,
      'a document on many lines and [DONE]': `${PRETTY}\r\n\r\ndata: [DONE]\r\n\r\n`,
      'a document and [DONE] on its line': `${DOCUMENT}data: [DONE]`,
      'a document and a ping': `${PRETTY}\n: ping\n\nevent: end\ndata: [DONE]\n\n`,
    };
    const TYPES = ['application/json', 'text/event-stream', 'text/html', 'text/plain', undefined];
    for (const [name, body] of Object.entries(TOLD_APART)) {
      it(`reads ${name} as what it is, under any type, in one piece and byte by byte`, async () => {
        for (const type of TYPES) {
          const headers = type === undefined ? {} : { 'Content-Type': type };
          for (const cut of [cuts.whole, cuts['byte by byte']]) {
            answer({ headers, steps: cut(Buffer.from(body)).map(write) });
            expect(await ask(), type).to.equal('Hello, stop');
          }
        }
      });
    }

    it('takes a page for one under any type', async () => {
      for (const type of TYPES.slice(0, 4)) {
        answer({ headers: { 'Content-Type': type ?? '' }, steps: [write('\n<!doctype html><p>data: no</p>')] });
        expect(await ask(), type).to.equal(', upstream_protocol');
      }
    });

    it('hands over what a document says that tells of a failure', async () => {
      const choice = { message: { content: 'Hel' }, finish_reason: 'network_error' };
      answer({ headers: JSON_TYPE, steps: [write(JSON.stringify({ choices: [choice] }))] });
      expect(await ask()).to.equal('Hel, upstream_error');
    });

    const OTHERS: readonly (readonly [name: string, headers: Record<string, string>, body: string, outcome: string])[] =
      [
        ['an error as JSON', JSON_TYPE, '{"error":"Internal server error"}', ', upstream_error'],
        ['a rate limit as JSON', JSON_TYPE, '{"error":{"code":"rate_limit_exceeded"}}', ', upstream_rate_limited'],
        ['JSON of something else', JSON_TYPE, '{"greeting":"hello"}', ', upstream_protocol'],
        ['JSON of a report', JSON_TYPE, '{"detail":"no"}', ', upstream_error'],
        ['broken JSON', JSON_TYPE, '{"choices":[', ', upstream_protocol'],
        ['an empty JSON body', JSON_TYPE, '', ', upstream_protocol'],
        [
          'JSON with a tool call',
          JSON_TYPE,
          '{"choices":[{"message":{"content":null},"finish_reason":"tool_calls"}]}',
          ', unsupported_tool_call',
        ],
        ['JSON without a word', JSON_TYPE, '{"choices":[{"message":{"content":""}}]}', ', upstream_empty'],
        ['HTML', { 'Content-Type': 'text/html' }, '<html>Sign in</html>', ', upstream_protocol'],
        ['an empty body', {}, '', ', upstream_protocol'],
        ['prose', { 'Content-Type': 'text/plain' }, 'Hello!', ', upstream_protocol'],
        ['an event stream without events', EVENT_STREAM, ': ping\n\n', ', upstream_truncated'],
        ['an encoding nobody knows', { ...EVENT_STREAM, 'Content-Encoding': 'rot13' }, WHOLE, ', upstream_protocol'],
        ['gzip that is none', { ...EVENT_STREAM, 'Content-Encoding': 'gzip' }, WHOLE, ', upstream_protocol'],
        ['br that is none', { ...EVENT_STREAM, 'Content-Encoding': 'br' }, WHOLE, ', upstream_protocol'],
        ['deflate that is none', { ...EVENT_STREAM, 'Content-Encoding': 'deflate' }, WHOLE, ', upstream_protocol'],
      ];
    for (const [name, headers, body, outcome] of OTHERS) {
      it(`takes ${name} for ${outcome.slice(2)}`, async () => {
        answer({ headers, steps: [write(body)] });
        expect(await ask()).to.equal(outcome);
      });
    }

    it('reads compressed events, though it asked for none', async () => {
      answer({ headers: { ...EVENT_STREAM, 'Content-Encoding': 'gzip' }, steps: [write(gzipSync(WHOLE))] });
      expect(await ask()).to.equal('Hello, stop');
    });

    for (const encoding of ['Identity', '', 'identity, identity', 'none', 'UTF-8']) {
      it(`reads plain events under the content encoding "${encoding}"`, async () => {
        answer({ headers: { ...EVENT_STREAM, 'Content-Encoding': encoding }, steps: [write(WHOLE)] });
        expect(await ask()).to.equal('Hello, stop');
      });
    }

    for (const encoding of ['GZIP', 'x-gzip', 'identity, gzip', 'gzip,identity', ' , gzip']) {
      it(`reads compressed events under the content encoding "${encoding}"`, async () => {
        answer({ headers: { ...EVENT_STREAM, 'Content-Encoding': encoding }, steps: [write(gzipSync(WHOLE))] });
        expect(await ask()).to.equal('Hello, stop');
      });
    }

    it('reads an answer with many headers', async () => {
      const policies = Object.fromEntries(Array.from({ length: 20 }, (_, place) => [`X-${place}`, 'x'.repeat(3000)]));
      answer({ headers: { ...EVENT_STREAM, ...policies }, steps: [write(WHOLE)] });
      expect(await ask()).to.equal('Hello, stop');
    });

    it('refuses an answer with headers without end', async () => {
      answer({ headers: { ...EVENT_STREAM, 'X-Long': 'x'.repeat(70 * 1024) }, steps: [write(WHOLE)] });
      expect(await ask()).to.equal(', upstream_protocol');
    });

    it('refuses an event longer than it would keep', async () => {
      answer({
        headers: EVENT_STREAM,
        steps: [write(text('Hi')), write('data: '), ...Array(160).fill(write('x'.repeat(64 * 1024)))],
      });
      expect(await ask()).to.equal('Hi, upstream_protocol');
    });

    it('refuses a model list that is none', async () => {
      for (const body of ['{}', '[{"name":"no id"}]', 'nothing', '']) {
        answer({ headers: JSON_TYPE, steps: [write(body)] });
        const error = await gatewayAt(upstream.url)
          .listModels(abort.signal)
          .catch((e: unknown) => e);
        expect(error).to.be.instanceOf(LlmError).with.property('code', 'upstream_protocol');
      }
    });
  });

  describe('connections', () => {
    it('takes a port nobody listens on for upstream_unavailable', async () => {
      const gone = new ScriptedUpstream();
      await gone.start();
      const { url } = gone;
      await gone.close();
      expect(await ask(url)).to.equal(', upstream_unavailable');
    });

    it('takes a name nobody has for upstream_unavailable', async () => {
      expect(await ask('http://no-such-host.invalid')).to.equal(', upstream_unavailable');
    });

    it('takes a failed TLS handshake for upstream_unavailable', async () => {
      expect(await ask(upstream.url.replace('http:', 'https:'))).to.equal(', upstream_unavailable');
    });

    for (const type of ['destroy', 'reset'] as const) {
      it(`takes ${type} before the status for upstream_unavailable`, async () => {
        answer({ before: [{ type }] });
        expect(await ask()).to.equal(', upstream_unavailable');
      });

      it(`takes ${type} amid the text for upstream_truncated`, async () => {
        const first = Promise.withResolvers<void>();
        answer({
          headers: EVENT_STREAM,
          steps: [write(text('Hel')), { type: 'wait-for', promise: first.promise }, { type }],
        });
        const { batches, error } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () =>
          first.resolve(),
        );
        expect(summary(batches.flat(), error)).to.equal('Hel, upstream_truncated');
      });

      it(`takes ${type} after the finish reason for the end of a whole answer`, async () => {
        const first = Promise.withResolvers<void>();
        answer({
          headers: EVENT_STREAM,
          steps: [write(text('Hello') + finish('stop')), { type: 'wait-for', promise: first.promise }, { type }],
        });
        const { batches, error } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () =>
          first.resolve(),
        );
        expect(summary(batches.flat(), error)).to.equal('Hello, stop');
      });
    }

    it('gives up on a handshake that takes too long', async () => {
      const deaf = createServer((socket) => socket.resume().on('error', () => {}));
      const port = await freePort();
      deaf.listen(port, '127.0.0.1');
      await once(deaf, 'listening');
      const { detail, cause, code } = await askForError(`https://127.0.0.1:${port}`);
      expect([code, detail, String(cause)]).to.deep.equal([
        'upstream_unavailable',
        undefined,
        `Error: no connection within ${CONNECT_MS} ms`,
      ]);
      deaf.close();
    });

    it('waits longer than that for an answer over a connection that is there', async () => {
      const late = { type: 'delay', milliseconds: 2 * CONNECT_MS } as const;
      answer({ before: [late], headers: EVENT_STREAM, steps: [write(WHOLE)] });
      expect(await ask()).to.equal('Hello, stop');
    });

    it('takes a peer that does not speak HTTP for upstream_protocol', async () => {
      answer({ before: [{ type: 'raw', bytes: 'SSH-2.0-OpenSSH_9.2\r\n' }, { type: 'hang' }] });
      expect(await ask()).to.equal(', upstream_protocol');
    });

    it('takes fewer bytes than promised for upstream_truncated', async () => {
      answer({
        headers: { ...EVENT_STREAM, 'Content-Length': 10_000 },
        steps: [write(text('Hel')), { type: 'destroy' }],
      });
      expect(await ask()).to.match(/^(Hel)?, upstream_truncated$/);
    });

    it('uses a connection again when the answer on it has ended', async () => {
      answer({ headers: EVENT_STREAM, steps: [write(WHOLE)] });
      const gateway = gatewayAt(upstream.url);
      for (let round = 0; round < 3; round += 1) {
        await read(answerOf(gateway, [], abort.signal));
        await until(() => getEventListeners(abort.signal, 'abort').length === 0);
      }
      expect(upstream.connections).to.equal(1);
    });

    it('closes a connection that stays open after [DONE], within a second', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      answer({ headers: EVENT_STREAM, steps: [write(WHOLE), { type: 'hang' }] });
      expect(await ask()).to.equal('Hello, stop');
      clock.tick(1000);
      await upstream.requests[0]?.socketClosed;
      await until(() => clock.countTimers() === 0);
    });

    it('lets the connection go when the end has come, though the caller does not ask for more', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      answer({ headers: EVENT_STREAM, steps: [write(WHOLE), { type: 'hang' }] });
      const first = await answerOf(gatewayAt(upstream.url), [], abort.signal).next();
      expect(first.value).to.deep.include({ type: 'end', finishReason: 'stop' });
      clock.tick(1000);
      await upstream.requests[0]?.socketClosed;
    });

    it('waits two seconds for usage and [DONE] after the finish reason, and no longer', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      answer({ headers: EVENT_STREAM, steps: [write(text('Hello') + finish('length')), { type: 'hang' }] });
      const batches = answerOf(gatewayAt(upstream.url), [], abort.signal);
      expect((await batches.next()).value).to.deep.equal([{ type: 'text', text: 'Hello' }]);
      const rest = batches.next();
      clock.tick(2000);
      expect((await rest).value).to.deep.equal([{ type: 'end', finishReason: 'length' }]);
      await upstream.requests[0]?.socketClosed;
      expect(clock.countTimers()).to.equal(0);
    });

    it('does not cut off text that goes on after a finish reason', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const rest = Promise.withResolvers<void>();
      answer({
        headers: EVENT_STREAM,
        steps: [
          write(text('Hel') + finish('stop') + text('lo')),
          { type: 'wait-for', promise: rest.promise },
          write(text(' you') + finish('stop')),
        ],
      });
      const { batches, error } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () => {
        clock.tick(10_000);
        rest.resolve();
      });
      expect(summary(batches.flat(), error)).to.equal('Hello you, stop');
    });

    it('waits for more where even the first chunk has a finish reason, and takes no reset for its end', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const both = (content: string) =>
        completionStream.event({ choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] });
      for (const [last, outcome] of [
        [[], 'Hello, stop'],
        [[{ type: 'reset' }], 'Hello, upstream_truncated'],
      ] as const) {
        const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        answer({
          headers: EVENT_STREAM,
          steps: [
            write(both('Hel')),
            { type: 'wait-for', promise: steps[0]?.promise ?? Promise.resolve() },
            write(both('lo')),
            { type: 'wait-for', promise: steps[1]?.promise ?? Promise.resolve() },
            ...last,
          ],
        });
        const { batches, error } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () => {
          clock.tick(10_000);
          steps.shift()?.resolve();
        });
        expect(summary(batches.flat(), error)).to.equal(outcome);
      }
    });

    it('leaves no timer behind when usage and [DONE] come in time', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const first = Promise.withResolvers<void>();
      answer({
        headers: EVENT_STREAM,
        steps: [
          write(text('Hello') + finish('stop')),
          { type: 'wait-for', promise: first.promise },
          write(usage(1, 2) + done),
        ],
      });
      const { batches } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () => first.resolve());
      expect(batches.flat().map(({ type }) => type)).to.deep.equal(['text', 'usage', 'end']);
      await until(() => clock.countTimers() === 0);
    });

    it('leaves no timer behind after an error body', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      answer({ status: 500, steps: [write('no')] });
      await askForError();
      expect(clock.countTimers()).to.equal(0);
    });

    it('still hears an abort while it waits for usage', async () => {
      answer({ headers: EVENT_STREAM, steps: [write(text('Hello') + finish('stop')), { type: 'hang' }] });
      const { batches, error } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal), () =>
        abort.abort('enough'),
      );
      expect(error).to.equal('enough');
      expect(batches).to.deep.equal([[{ type: 'text', text: 'Hello' }]]);
      await upstream.requests[0]?.socketClosed;
    });

    it('serves many answers with one signal without a warning', async () => {
      const warnings: Error[] = [];
      const warn = (warning: Error) => warnings.push(warning);
      process.on('warning', warn);
      answer({ headers: EVENT_STREAM, steps: [write(WHOLE)] });
      const gateway = gatewayAt(upstream.url);
      for (let round = 0; round < 30; round += 1) await read(answerOf(gateway, [], abort.signal));
      await new Promise(setImmediate);
      process.off('warning', warn);
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('batches', () => {
    it('yields what came in one read as one batch, the end included', async () => {
      answer({ headers: EVENT_STREAM, steps: [write(text('a') + text('b') + finish('stop') + usage(1, 2) + done)] });
      const { batches } = await read(answerOf(gatewayAt(upstream.url), [], abort.signal));
      expect(batches.map((batch) => batch.map(({ type }) => type))).to.deep.equal([['text', 'text', 'usage', 'end']]);
    });

    it('stops reading when the caller does', async () => {
      let written = 0;
      const piece = text('x'.repeat(64 * 1024));
      function* flood(): Generator<UpstreamStep> {
        for (; written < 1000; written += 1) yield write(piece);
      }
      answer({ headers: EVENT_STREAM, steps: flood() });
      const batches = answerOf(gatewayAt(upstream.url), [], abort.signal);
      await batches.next();
      await untilStill(() => written);
      expect(written).to.be.lessThan(500);
      await batches.return();
    });
  });

  describe('secrets', () => {
    const quoting = `Incorrect API key provided: ${KEY}.`;
    const LEAKS: readonly (readonly [name: string, given: UpstreamAnswer])[] = [
      ['an error body', { status: 401, steps: [write(quoting)] }],
      ['the code of an error body', { status: 401, steps: [write(JSON.stringify({ error: { code: KEY } }))] }],
      [
        'an error in the stream',
        { headers: EVENT_STREAM, steps: [write(completionStream.error({ message: quoting }))] },
      ],
      ['data that is no JSON', { headers: EVENT_STREAM, steps: [write(`data: ${quoting}\n\n`)] }],
      ['a page', { headers: { 'Content-Type': 'text/html' }, steps: [write(quoting)] }],
      ['JSON', { headers: JSON_TYPE, steps: [write(JSON.stringify({ detail: quoting }))] }],
      ['a connection that breaks', { before: [{ type: 'reset' }] }],
      ['a stream that breaks', { headers: EVENT_STREAM, steps: [write(text('Hi')), { type: 'destroy' }] }],
    ];
    for (const [name, given] of LEAKS) {
      it(`keeps the key out of the error of ${name}`, async () => {
        answer(given);
        const failures = [
          await askForError(),
          await gatewayAt(upstream.url)
            .listModels(abort.signal)
            .catch((error: unknown) => error),
        ];
        for (const error of failures) {
          expect(error).to.be.instanceOf(LlmError);
          for (const shown of [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)]) {
            expect(shown).not.to.contain(KEY).and.not.to.contain(KEY.slice(0, 8));
          }
        }
      });
    }
  });
});

function write(bytes: string | Uint8Array): UpstreamStep {
  return { type: 'write', bytes };
}

function* endless(piece: string): Generator<UpstreamStep> {
  for (;;) yield write(piece);
}

/** Resolves when the number has not changed for many turns of the event loop. */
async function untilStill(number: () => number): Promise<void> {
  for (let last = -1, turns = 0; turns < 200; turns += 1) {
    await new Promise(setImmediate);
    if (number() !== last) turns = 0;
    last = number();
  }
}

async function read(
  batches: AsyncIterable<readonly CompletionPart[]>,
  onBatch?: () => void,
): Promise<{ batches: (readonly CompletionPart[])[]; error: unknown }> {
  const seen: (readonly CompletionPart[])[] = [];
  try {
    for await (const batch of batches) {
      seen.push(batch);
      onBatch?.();
    }
  } catch (error) {
    return { batches: seen, error };
  }
  return { batches: seen, error: undefined };
}

function summary(parts: readonly CompletionPart[], error: unknown): string {
  const said = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const end = parts.find((part) => part.type === 'end');
  return `${said}, ${error instanceof LlmError ? error.code : (error ?? end?.finishReason)}`;
}
