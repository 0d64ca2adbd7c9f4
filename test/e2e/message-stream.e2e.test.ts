import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import type { SseClient } from '../support/sse-client.js';

describe('POST /agent/message/stream', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway });
  });
  afterEach(() => server.close());

  /** An answer of these texts, read to its end. */
  async function streamOf(...texts: readonly string[]): Promise<SseClient> {
    const stream = await server.send();
    (await gateway.call()).say(...texts).end();
    return stream.ended();
  }

  it('answers with the promised bytes, and no others', async () => {
    const stream = await streamOf('Hello, ', 'world');
    const id = stream.runId;
    expect(stream.raw).to.match(/^: ok\n\nretry: \d+\n\nid: /);
    expect(stream.body).to.equal(
      `id: ${id}-1\ndata: {"token":"Hello, ","is_final":false,"type":"assistant_message"}\n\n` +
        `id: ${id}-2\ndata: {"token":"world","is_final":false,"type":"assistant_message"}\n\n` +
        `id: ${id}-3\ndata: {"token":"","is_final":true,"type":"assistant_message"}\n\n` +
        'data: [DONE]\n\n',
    );
    expect(stream.isWhole).to.equal(true);
  });

  it('answers with the promised headers', async () => {
    const stream = await streamOf('Hi');
    expect(stream.status).to.equal(200);
    expect(stream.headers).to.include({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      'content-location': `/agent/runs/${stream.runId}`,
    });
    expect(stream.runId).to.match(/^[0-9a-z]{20,}$/);
    expect(stream.headers).not.to.have.any.keys('content-length', 'content-encoding', 'x-powered-by', 'etag');
  });

  it('has the security headers of an API, as every answer has, and none that are for pages', async () => {
    for (const { headers } of [await streamOf('Hi'), await server.get('/agent/runs/unknown')]) {
      expect(headers).to.include({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.to.have.any.keys('origin-agent-cluster', 'x-xss-protection', 'strict-transport-security');
    }
  });

  it('sends its head and first bytes before the model is heard of', async () => {
    const stream = await server.send();
    await stream.until(() => stream.others.length > 0);
    expect(stream.comments).to.deep.equal(['ok']);
    expect(stream.frames).to.deep.equal([]);
    const call = await gateway.call();
    call.say('Now').end();
    await stream.ended();
    expect(stream.text).to.equal('Now');
  });

  it('sends each token as it comes', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    for (const [index, token] of ['one ', 'two ', 'three'].entries()) {
      call.say(token);
      await stream.received(index + 1);
      expect(stream.payloads.at(-1)).to.include({ token, is_final: false });
    }
    call.end();
    await stream.ended();
  });

  it('tells every client to wait 2 to 5 s before it comes again, each another time', async () => {
    const waits = new Set<number>();
    for (let count = 0; count < 20; count += 1) {
      const stream = await server.send({ session_id: `s${count}` });
      await stream.until(() => stream.others.length > 0);
      const [, wait] = /^retry: (\d+)$/.exec(stream.others[0] ?? '') ?? [];
      expect(Number(wait)).to.be.within(2000, 5000);
      waits.add(Number(wait));
      stream.cut();
    }
    expect(waits.size).to.be.greaterThan(1);
  });

  it('makes no frame of deltas without text', async () => {
    const stream = await server.send();
    const call = await gateway.call();
    call.say('', 'a', '', '').say('b').end();
    await stream.ended();
    expect(stream.payloads.map(({ token }) => token)).to.deep.equal(['a', 'b', '']);
  });

  for (const [name, text] of Object.entries({
    'one byte each': 'x'.repeat(150_000),
    'three bytes each': '€'.repeat(50_000),
    'two UTF-16 units each': `x${'🙂'.repeat(40_000)}`,
  })) {
    it(`cuts a delta of more than 64 KiB between characters: ${name}`, async () => {
      const stream = await streamOf(text);
      expect(stream.text).to.equal(text);
      const tokens = stream.payloads.slice(0, -1).map(({ token }) => String(token));
      expect(tokens).to.have.length(3);
      for (const token of tokens) {
        expect(Buffer.byteLength(token)).to.be.within(1, 64 * 1024);
        expect(token.isWellFormed()).to.equal(true);
      }
    });
  }

  it('keeps a delta of exactly 64 KiB in one frame', async () => {
    const stream = await streamOf('x'.repeat(64 * 1024));
    expect(stream.frames).to.have.length(3);
  });

  for (const reason of ['length', 'content_filter'] as const) {
    it(`says so in a fourth key when the answer ended with ${reason}`, async () => {
      const stream = await server.send();
      (await gateway.call()).say('Half').end(reason);
      await stream.ended();
      expect(stream.frames.slice(1)).to.deep.equal([
        {
          id: `${stream.runId}-2`,
          data: `{"token":"","is_final":true,"type":"assistant_message","finish_reason":"${reason}"}`,
        },
        { id: undefined, data: '[DONE]' },
      ]);
    });
  }

  it('tells an error in a frame before the ending', async () => {
    const stream = await server.send();
    (await gateway.call()).say('Half').fail(new LlmError('upstream_timeout', { detail: 'what the provider said' }));
    await stream.ended();
    expect(stream.frames.slice(1)).to.deep.equal([
      {
        id: `${stream.runId}-2`,
        data: '{"type":"error","code":"upstream_timeout","error":"The model took too long to answer; try again.","retryable":true,"is_final":false}',
      },
      {
        id: `${stream.runId}-3`,
        data: '{"token":"","is_final":true,"type":"assistant_message","finish_reason":"error"}',
      },
      { id: undefined, data: '[DONE]' },
    ]);
    expect(stream.isWhole).to.equal(true);
  });

  it('ends in good order too when the service itself fails, and says nothing of how', async () => {
    const stream = await server.send();
    (await gateway.call()).fail(new Error('canary of an inner error'));
    await stream.ended();
    expect(stream.payloads[0]).to.include({ type: 'error', code: 'run_failed', retryable: true });
    expect(stream.finishReason).to.equal('error');
    expect(stream.raw)
      .not.to.contain('canary')
      .and.not.to.match(/\n\s+at /);
  });

  for (const [name, text] of Object.entries({
    'line ends': 'a\nb\r\nc\rd\n\n',
    'a forged frame': '\n\nevent: x\ndata: [DONE]\n\nid: 1\n\n',
    'separators that JavaScript ends lines with': 'a\u2028b\u2029c\u0085d',
    'control characters': '\u0001\u001b[31m\u007f',
    markup: '</script><img src=x>"\\',
    'every script': 'Grüße, 世界, שלום, हिन्दी, e\u0301, 👩‍👩‍👧‍👦🇫🇷',
  })) {
    it(`keeps ${name} in one frame, as it is`, async () => {
      const stream = await streamOf(text);
      expect(stream.frames).to.have.length(3);
      expect(stream.payloads[0]).to.deep.equal({ token: text, is_final: false, type: 'assistant_message' });
    });
  }

  it('puts a character back together that came in two deltas', async () => {
    const stream = await streamOf('a\ud83d', '\ude42b');
    expect(stream.text).to.equal('a🙂b');
    expect(stream.payloads.every(({ token }) => String(token).isWellFormed())).to.equal(true);
  });

  it('numbers its frames without a gap and ends exactly once', async () => {
    const stream = await streamOf(...Array.from({ length: 300 }, (_, index) => `${index} `));
    const ids = stream.frames.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(ids).to.deep.equal(ids.map((_, index) => `${stream.runId}-${index + 1}`));
    expect(stream.payloads.filter(({ is_final }) => is_final === true)).to.have.length(1);
    expect(stream.frames.filter(({ data }) => data === '[DONE]')).to.have.length(1);
    expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
  });

  it('stores what the client saw, byte for byte', async () => {
    const stream = await streamOf('Grüße, ', '世', '界 🙂\n', ' ');
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].content', stream.text);
  });

  it('repeats what the user said with the mock model', async () => {
    const mock = await RuntimeServer.start();
    try {
      const stream = await mock.converse('Hello there, world');
      expect(stream.payloads.map(({ token }) => token)).to.deep.equal(['Hello ', 'there, ', 'world ', '']);
    } finally {
      await mock.close();
    }
  });
});
