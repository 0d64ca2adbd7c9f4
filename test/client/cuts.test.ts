import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { AgentRuntime, type Answer, type Frame, Problem } from '../../client/src/agent-runtime.js';
import {
  ending,
  frame,
  json,
  nothing,
  refusal,
  type ScriptedAnswer,
  ScriptedFetch,
  stream,
  token,
  unreachable,
} from '../support/scripted-fetch.js';

const RUN = json({ run_id: 'run', usage: null, model: null, error: null, open_calls: [] });
const MESSAGE = { sessionId: 'demo', content: 'Hello' };

describe('the client, when its connection fails', () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => clock.restore());

  it('sends a message at once, with a key of its own that every repeat has too', async () => {
    const { network, runtime } = setUp(unreachable(), refusal(503, 'overloaded'), stream([ending(1)]), RUN);
    const answer = runtime.send(MESSAGE);
    expect(network.requests).to.have.length(1);
    await through(answer.final());
    const posts = network.requests.filter(({ method }) => method === 'POST');
    const keys = posts.map(({ headers }) => headers.get('Idempotency-Key'));
    expect(posts).to.have.length(3);
    expect(new Set(keys).size).to.equal(1);
    expect(keys[0]).to.match(/^[\x21-\x7e]{16,255}$/);
    expect(new Set(posts.map(({ body }) => body)).size).to.equal(1);
    void runtime.send(MESSAGE);
    expect(network.requests.at(-1)?.headers.get('Idempotency-Key')).not.to.equal(keys[0]);
  });

  for (const then of ['ends', 'breaks', 'is silent'] as const) {
    it(`goes on behind the last frame when the stream ${then} before its ending`, async () => {
      const cut = stream([token(1, 'one '), token(2, 'two '), token(3, 'never whole').slice(0, -1)], then);
      const { network, runtime } = setUp(cut, stream([token(3, 'three '), ending(4)]), RUN);
      const answer = runtime.send(MESSAGE);
      expect(await through(textsOf(answer))).to.deep.equal(['one ', 'two ', 'three ', '']);
      expect(await through(answer.final())).to.include({ text: 'one two three ', finishReason: 'stop', runId: 'run' });
      const [, resumed] = network.requests;
      expect(resumed).to.include({ method: 'GET', path: '/agent/runs/run/stream', body: '' });
      expect(resumed?.headers.get('Last-Event-ID')).to.equal('run-2');
    });
  }

  it('takes 45 seconds of silence for a cut, and a heartbeat for a sign of life', async () => {
    const { network, runtime } = setUp(stream([token(1, 'one ')], 'is silent'), stream([ending(2)]));
    const reading = textsOf(runtime.send(MESSAGE));
    await clock.tickAsync(44_999);
    expect(network.requests).to.have.length(1);
    await through(reading);
    expect(network.requests[1]?.at).to.be.within(46_000, 46_500);

    let beat: () => void = () => {};
    const beating: ScriptedAnswer = () => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          beat = () => controller.enqueue(new TextEncoder().encode(': ping\n\n'));
        },
      });
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    };
    const living = setUp(beating);
    const leaving = new AbortController();
    const left = textsOf(living.runtime.send(MESSAGE, { signal: leaving.signal })).catch(() => {});
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.tickAsync(40_000);
      beat();
    }
    await clock.tickAsync(40_000);
    expect(living.network.requests).to.have.length(1);
    leaving.abort();
    await left;
  });

  it('takes a service that accepts a request and says nothing for one that is cut off', async () => {
    const mute: ScriptedAnswer = (_request, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const { network, runtime } = setUp(mute, stream([ending(1)]));
    await through(textsOf(runtime.send(MESSAGE)));
    expect(network.waits[0]).to.be.within(46_000, 46_500);
  });

  it('gives each frame once, whatever the service repeats', async () => {
    const first = [token(1, 'one '), token(1, 'one '), token(2, 'two '), token(1, 'one ')];
    const all = [token(1, 'one '), token(2, 'two '), token(3, 'three '), ending(4), ending(4)];
    for (const answers of [
      [stream(first), stream(all)],
      [stream(first, 'breaks', {}), stream(all, 'ends', {})],
    ]) {
      const { runtime } = setUp(...answers, RUN);
      expect(await through(textsOf(runtime.send(MESSAGE)))).to.deep.equal(['one ', 'two ', 'three ', '']);
    }
    const { runtime } = setUp(stream(all));
    expect(await through(textsOf(runtime.resume('run', { after: 'run-2' })))).to.deep.equal(['three ', '']);
  });

  it('gives a frame without an id once, too', async () => {
    const frames = [token(1, 'one '), ending(2, 'tool_calls')].map((text) => text.replace(/^id.*\n/gm, ''));
    const { network, runtime } = setUp(stream(frames.slice(0, 1), 'breaks', {}), stream(frames, 'ends', {}));
    const settling = { sessionId: 'demo', type: 'tool_result', callId: 'c1', result: 1 } as const;
    expect(await through(textsOf(runtime.send(settling)))).to.deep.equal(['one ', '']);
    expect(network.requests.map(({ method }) => method)).to.deep.equal(['POST', 'POST']);
  });

  it('is told the answer again when its frames are kept no more, and gives what is new in that', async () => {
    const call = { type: 'tool_call', call_id: 'c1', tool_name: 'list', arguments: {}, is_final: false };
    const { network, runtime } = setUp(
      stream([token(1, 'one '), frame(2, call), token(3, 'tw')], 'breaks'),
      refusal(410, 'resume_expired'),
      stream([token(1, 'one '), frame(2, call), token(3, 'two three ')], 'breaks'),
      refusal(410, 'resume_expired'),
      stream([token(1, 'one '), frame(2, call), token(3, 'two three '), ending(4)]),
    );
    const answer = runtime.send(MESSAGE);
    expect(await through(textsOf(answer))).to.deep.equal(['one ', 'tool_call', 'tw', 'o three ', '']);
    expect(network.requests.map(({ method }) => method).join(' ')).to.equal('POST GET POST POST POST');
  });

  it('waits for what retry: asks and up to half of it, longer while nothing comes, and anew after progress', async () => {
    const cut = stream(['retry: 2000\n\n']);
    const { network, runtime } = setUp(cut, cut, cut, stream([token(1, 'one ')]), stream([ending(2)]), RUN);
    await through(textsOf(runtime.send(MESSAGE)));
    const limits = [2000, 4000, 8000, 2000];
    expect(network.waits).to.have.length(limits.length);
    for (const [index, limit] of limits.entries())
      expect(network.waits[index], `wait ${index}`).to.be.within(limit, limit * 1.5);
    const again = setUp(cut, stream([ending(1)]));
    await through(textsOf(again.runtime.send(MESSAGE)));
    expect(again.network.waits[0], 'two clients do not come back together').not.to.equal(network.waits[0]);
  });

  it('is patient with a network that is gone', async () => {
    const { network, runtime } = setUp(...Array.from({ length: 50 }, unreachable), stream([ending(1)]));
    await through(textsOf(runtime.send(MESSAGE)));
    expect(network.requests).to.have.length(51);
    expect(Math.max(...network.waits)).to.be.within(30_000, 45_000);
  });

  it('ends with 204', async () => {
    const { runtime } = setUp(stream([token(1, 'one ')]), nothing(), json({ finish_reason: 'length', usage: null }));
    const answer = runtime.send(MESSAGE);
    expect(await through(textsOf(answer))).to.deep.equal(['one ']);
    expect(await through(answer.final())).to.include({ text: 'one ', finishReason: 'length' });
  });

  for (const [status, code] of [
    [429, 'rate_limited'],
    [503, 'overloaded'],
  ] as const) {
    it(`repeats what was refused with ${status} five times, when Retry-After says, and then throws`, async () => {
      for (const ask of [
        (runtime: AgentRuntime) => runtime.send(MESSAGE).final(),
        (runtime: AgentRuntime) => runtime.sessions.get('demo'),
        (runtime: AgentRuntime) => runtime.sessions.import({}),
      ]) {
        const { network, runtime } = setUp(refusal(status, code, { 'Retry-After': '7' }));
        const problem = await through(ask(runtime).catch((error: unknown) => error));
        expect(problem).to.be.instanceOf(Problem).and.include({ status, code, retryable: true, requestId: 'r1' });
        expect(network.requests).to.have.length(6);
        for (const wait of network.waits) expect(wait).to.be.within(7000, 10_500);
      }
    });
  }

  it('understands a date in Retry-After, and waits as for a cut where there is none', async () => {
    const date = new Date(9000).toUTCString();
    const { network, runtime } = setUp(refusal(503, 'a', { 'Retry-After': date }), refusal(503, 'b'), json([]));
    await through(runtime.models());
    expect(network.waits[0]).to.be.within(9000, 13_500);
    expect(network.waits[1]).to.be.within(1000, 1500);
  });

  for (const status of [400, 401, 404, 405, 408, 409, 413, 415, 417, 422, 431]) {
    it(`throws ${status} at once`, async () => {
      const { network, runtime } = setUp(refusal(status, 'session_busy', { 'Retry-After': '1' }));
      const problem = await runtime
        .send(MESSAGE)
        .final()
        .catch((error: unknown) => error);
      expect(problem)
        .to.be.instanceOf(Problem)
        .and.include({ status, code: 'session_busy', detail: 'It is session_busy.' });
      expect(await runtime.agents().catch((error: unknown) => error)).to.include({ status });
      expect(network.requests).to.have.length(2);
    });
  }

  it('says so when a refusal is no problem document, and does not wait for what a gateway calls its end', async () => {
    const gateway = () => new Response('<h1>Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
    const { network, runtime } = setUp(gateway, stream([ending(1)]));
    await through(textsOf(runtime.send(MESSAGE)));
    expect(network.requests).to.have.length(2);
    const problem = await through(
      setUp(gateway)
        .runtime.models()
        .catch((error: unknown) => error),
    );
    expect(problem).to.include({ code: 'http_502', status: 502, detail: 'The answer was 502 Bad Gateway' });
  });

  it('does not take a page for a stream', async () => {
    const page = () => new Response('<p>Log in</p>', { headers: { 'Content-Type': 'text/html' } });
    const problem = await through(
      setUp(page)
        .runtime.send(MESSAGE)
        .final()
        .catch((error: unknown) => error),
    );
    expect(problem).to.be.instanceOf(Problem).and.include({ code: 'no_event_stream' });
  });

  it('throws the reason of a signal, wherever it is aborted, and stops nothing', async () => {
    const reason = new Error('left');
    for (const answers of [
      [stream([token(1, 'one ')], 'is silent')],
      [stream([token(1, 'one '), token(2, 'two ')])],
      [stream([token(1, 'one ')]), unreachable()],
      [unreachable()],
    ]) {
      const { network, runtime } = setUp(...answers);
      const leaving = new AbortController();
      const answer = runtime.send(MESSAGE, { signal: leaving.signal });
      const reading = textsOf(answer).catch((error: unknown) => error);
      await clock.tickAsync(500);
      leaving.abort(reason);
      expect(await reading).to.equal(reason);
      expect(await answer.final().catch((error: unknown) => error)).to.equal(reason);
      const sent = network.requests.length;
      await clock.tickAsync(100_000);
      expect(network.requests).to.have.length(sent);
      expect(network.requests.some(({ path }) => path.endsWith('/cancel'))).to.equal(false);
    }
  });

  it('gives no further frame after an abort, though it has come', async () => {
    const { runtime } = setUp(stream([token(1, 'one '), token(2, 'two '), ending(3)]));
    const leaving = new AbortController();
    const seen: string[] = [];
    const reading = async () => {
      for await (const given of runtime.send(MESSAGE, { signal: leaving.signal })) {
        seen.push(textOf(given));
        leaving.abort();
      }
    };
    const error = await reading().catch((reason: unknown) => reason);
    expect(error).to.equal(leaving.signal.reason);
    expect(seen).to.deep.equal(['one ']);
  });

  it('sends nothing with a signal that is aborted already', async () => {
    const { network, runtime } = setUp(stream([ending(1)]));
    const signal = AbortSignal.abort('gone');
    expect(
      await runtime
        .send(MESSAGE, { signal })
        .final()
        .catch((error: unknown) => error),
    ).to.equal('gone');
    expect(await runtime.models({ signal }).catch((error: unknown) => error)).to.equal('gone');
    expect(network.requests).to.deep.equal([]);
  });

  it('cancels the run, also after leaving, before it knew which one', async () => {
    const { network, runtime } = setUp(stream([token(1, 'one ')], 'is silent'), json({}), json({}));
    await runtime.send(MESSAGE).cancel();
    expect(network.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'POST /agent/message/stream',
      'POST /agent/runs/run/cancel',
    ]);
    const late = setUp(unreachable(), stream([token(1, 'one ')], 'is silent'), json({}));
    const leaving = new AbortController();
    const answer = late.runtime.send(MESSAGE, { signal: leaving.signal });
    leaving.abort();
    await through(answer.cancel());
    const keys = late.network.requests.slice(0, 2).map(({ headers }) => headers.get('Idempotency-Key'));
    expect(keys[0]).to.equal(keys[1]);
    expect(late.network.requests.at(-1)?.path).to.equal('/agent/runs/run/cancel');
  });

  it('does not throw for a run that failed', async () => {
    const error = {
      type: 'error',
      code: 'upstream_truncated',
      error: 'It broke off.',
      retryable: true,
      is_final: false,
    };
    const { runtime } = setUp(stream([token(1, 'one '), frame(2, error), ending(3, 'error')]), RUN);
    const final = await through(runtime.send(MESSAGE).final());
    expect(final).to.deep.include({
      text: 'one ',
      finishReason: 'error',
      error: { code: 'upstream_truncated', message: 'It broke off.', retryable: true },
    });
  });

  it('goes on in a second loop where the first was left, and gives a loop what final() has read', async () => {
    const { network, runtime } = setUp(
      stream([token(1, 'one '), token(2, 'two ')], 'is silent'),
      stream([token(2, 'two '), token(3, 'three '), ending(4)]),
      RUN,
    );
    const answer = runtime.send(MESSAGE);
    for await (const given of answer) if (textOf(given) === 'one ') break;
    const seen: string[] = [];
    for await (const given of answer) {
      seen.push(textOf(given));
      if (seen.length === 1) expect(await answer.final()).to.include({ text: 'one two three ' });
    }
    expect(seen).to.deep.equal(['two ', 'three ', '']);
    expect(network.requests[1]?.headers.get('Last-Event-ID')).to.equal('run-1');
    expect(network.waits[0]).to.equal(0);
  });

  it('tells what becomes of the connection', async () => {
    const states: string[] = [];
    const { runtime } = setUp(unreachable(), stream([token(1, 'one ')]), stream([ending(2)]));
    await through(textsOf(runtime.send(MESSAGE, { onConnection: (state) => states.push(state) })));
    expect(states.join(' ')).to.equal('connecting waiting open waiting connecting open');
  });

  it('repeats a question that was not answered, but no import: that may have been done already', async () => {
    const { network, runtime } = setUp(unreachable());
    const unheard = { code: 'unreachable', status: 0, retryable: true };
    expect(await through(runtime.sessions.get('demo').catch((error: unknown) => error))).to.include(unheard);
    expect(network.requests).to.have.length(6);
    expect(await through(runtime.sessions.import({}).catch((error: unknown) => error))).to.include(unheard);
    expect(network.requests).to.have.length(7);
  });

  /** What comes of it, at the speed of the clock that is set. */
  async function through<Value>(work: Promise<Value>): Promise<Value> {
    let isDone = false;
    const noted = work.finally(() => {
      isDone = true;
    });
    noted.catch(() => {});
    await clock.tickAsync(0);
    while (!isDone) await clock.nextAsync();
    return noted;
  }
});

function setUp(...answers: ScriptedAnswer[]) {
  const network = new ScriptedFetch(...answers);
  return { network, runtime: new AgentRuntime({ baseUrl: 'http://service.test', fetch: network.fetch }) };
}

async function textsOf(answer: Answer): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const given of answer) texts.push(textOf(given));
  return texts;
}

function textOf(given: Frame): string {
  return given.type === 'assistant_message' ? given.token : given.type;
}
