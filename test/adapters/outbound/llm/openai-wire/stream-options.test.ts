import { expect } from 'chai';
import { HttpTransport } from '../../../../../src/adapters/outbound/llm/openai-wire/http-transport.js';
import { OpenAiWireGateway } from '../../../../../src/adapters/outbound/llm/openai-wire/openai-wire-gateway.js';
import { completionStream } from '../../../../support/completion-stream.js';
import { answerOf } from '../../../../support/pulled.js';
import { ScriptedUpstream, type UpstreamAnswer } from '../../../../support/upstream-server.js';

const { text, finish, done } = completionStream;
const EVENTS = { 'Content-Type': 'text/event-stream' };

describe('stream_options', () => {
  let upstream: ScriptedUpstream;

  beforeEach(async () => {
    upstream = new ScriptedUpstream();
    await upstream.start();
  });
  afterEach(() => upstream.close());

  const gateway = (streamUsage = true) =>
    new OpenAiWireGateway(
      {
        completionsUrl: `${upstream.url}/chat/completions`,
        modelsUrl: `${upstream.url}/models`,
        headers: {},
        streamUsage,
        provider: 'test',
      },
      new HttpTransport(1000),
    );

  async function ask(asked: OpenAiWireGateway): Promise<string> {
    let told = '';
    try {
      for await (const parts of answerOf(asked, [], new AbortController().signal))
        for (const part of parts) told += part.type === 'text' ? part.text : '';
    } catch (error) {
      return `${told}, ${error instanceof Error && 'code' in error ? error.code : error}`;
    }
    return told;
  }

  const streamed = (bytes: string): UpstreamAnswer => ({ headers: EVENTS, steps: [{ type: 'write', bytes }] });
  const refusing = (status: number, body: unknown): UpstreamAnswer => ({
    status,
    steps: [{ type: 'write', bytes: typeof body === 'string' ? body : JSON.stringify(body) }],
  });
  const whole = streamed(text('Hello') + finish('stop') + done);

  /** For each request so far, whether it had them. */
  const had = () => upstream.requests.map(({ body }) => 'stream_options' in JSON.parse(body));

  const REFUSALS: readonly (readonly [what: string, answer: UpstreamAnswer])[] = [
    [
      'as an extra input',
      refusing(422, {
        detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }],
      }),
    ],
    [
      'as an unknown argument',
      refusing(400, { error: { message: 'Unrecognized request argument supplied: stream_options' } }),
    ],
    ['as an unknown field, in plain words', refusing(400, 'json: unknown field "stream_options"')],
    ['by its parameter', refusing(400, { error: { type: 'invalid_request_error', param: 'stream_options' } })],
    ['by what is in them', refusing(400, { error: { message: 'include_usage is not supported' } })],
    [
      'inside a good answer',
      streamed('data: {"error":{"code":400,"message":"Unknown parameter: stream_options"}}\n\n'),
    ],
  ];
  for (const [what, refusal] of REFUSALS) {
    it(`that are refused ${what} are left out of the same request and of all later ones`, async () => {
      upstream.answer = ({ body }) => (body.includes('stream_options') ? refusal : whole);
      const asked = gateway();
      expect([await ask(asked), await ask(asked)]).to.deep.equal(['Hello', 'Hello']);
      expect(had()).to.deep.equal([true, false, false]);
    });
  }

  it('are no reason to ask again when something else is refused, though the request is told back', async () => {
    const echo = {
      detail: [{ loc: ['body', 'model'], msg: 'no', input: { stream_options: { include_usage: true } } }],
    };
    for (const answer of [refusing(400, 'no'), refusing(422, echo)]) {
      upstream.answer = () => answer;
      expect(await ask(gateway())).to.equal(', upstream_rejected');
    }
    for (const status of [401, 404, 429, 500]) {
      upstream.answer = () => refusing(status, 'stream_options');
      await ask(gateway());
    }
    expect(had()).to.deep.equal(Array(6).fill(true));
  });

  it('are no reason to ask again once the answer has begun', async () => {
    upstream.answer = () => streamed(`${text('Hel')}data: {"error":{"code":400,"message":"stream_options"}}\n\n`);
    expect(await ask(gateway())).to.equal('Hel, upstream_rejected');
    expect(had()).to.deep.equal([true]);
  });

  it('are not asked a third time', async () => {
    upstream.answer = () => refusing(400, 'stream_options');
    expect(await ask(gateway())).to.equal(', upstream_rejected');
    expect(had()).to.deep.equal([true, false]);
  });

  it('are left out from the beginning where they are not wanted', async () => {
    upstream.answer = () => whole;
    expect(await ask(gateway(false))).to.equal('Hello');
    expect(had()).to.deep.equal([false]);
  });
});
