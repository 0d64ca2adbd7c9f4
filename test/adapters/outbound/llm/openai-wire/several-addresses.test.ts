import dns from 'node:dns';
import { expect } from 'chai';
import sinon from 'sinon';
import { HttpTransport } from '../../../../../src/adapters/outbound/llm/openai-wire/http-transport.js';
import { OpenAiWireGateway } from '../../../../../src/adapters/outbound/llm/openai-wire/openai-wire-gateway.js';
import { completionStream } from '../../../../support/completion-stream.js';
import { DeafListener } from '../../../../support/deaf-listener.js';
import { named } from '../../../../support/named.js';
import { answerOf } from '../../../../support/pulled.js';
import { ScriptedUpstream } from '../../../../support/upstream-server.js';

const { text, finish, done } = completionStream;
const WHOLE = text('Hello') + finish('stop') + done;
/** Longer than two addresses get when each but the last is dropped after 250 ms. */
const CONNECT_MS = 900;
const PATIENT_MS = 20_000;

describe('a model whose name has several addresses', () => {
  let deaf: DeafListener[];

  beforeEach(() => {
    deaf = [];
  });
  afterEach(() => {
    sinon.restore();
    for (const listener of deaf) listener.close();
  });

  async function deafAt(host: string, port: number): Promise<DeafListener> {
    const listener = await DeafListener.start(host, { port, events: WHOLE });
    deaf.push(listener);
    return listener;
  }

  /** What the model says, asked by a name that stands for these addresses. */
  async function ask(port: number, addresses: readonly string[], connectMilliseconds: number): Promise<string> {
    sinon.stub(dns, 'lookup').value(named(...addresses));
    const url = `http://model.test:${port}/v1`;
    const gateway = new OpenAiWireGateway(
      {
        completionsUrl: `${url}/chat/completions`,
        modelsUrl: `${url}/models`,
        headers: {},
        streamUsage: true,
        provider: 'test',
      },
      new HttpTransport(connectMilliseconds),
    );
    let said = '';
    for await (const batch of answerOf(gateway, [], AbortSignal.timeout(PATIENT_MS)))
      for (const part of batch) if (part.type === 'text') said += part.text;
    return said;
  }

  async function failure(asking: Promise<string>): Promise<unknown> {
    return asking.then(
      () => undefined,
      (error: Error) => [Object.entries(error).find(([name]) => name === 'code')?.[1], String(error.cause)],
    );
  }

  it('is asked at the next one while the first is silent', async () => {
    const upstream = new ScriptedUpstream();
    await upstream.start();
    upstream.answer = () => ({
      headers: { 'Content-Type': 'text/event-stream' },
      steps: [{ type: 'write', bytes: WHOLE }],
    });
    const port = Number(new URL(upstream.url).port);
    await deafAt('127.0.0.2', port);
    expect(await ask(port, ['127.0.0.2', '127.0.0.1'], PATIENT_MS)).to.equal('Hello');
    await upstream.close();
  });

  it('is asked at a first one that takes a second, when the next one does not work', async () => {
    const listener = await deafAt('127.0.0.2', 0);
    const asking = ask(listener.port, ['127.0.0.2', '127.0.0.4'], PATIENT_MS);
    setTimeout(() => listener.wake(), 600);
    expect(await asking).to.equal('Hello');
  });

  for (const [what, isSecondSilent] of [
    ['all are silent', true],
    ['one is silent and the other refuses', false],
  ] as const) {
    it(`is waited for as long as a connection may take when ${what}`, async () => {
      const { port } = await deafAt('127.0.0.2', 0);
      if (isSecondSilent) await deafAt('127.0.0.4', port);
      const asking = ask(port, ['127.0.0.2', '127.0.0.4'], CONNECT_MS);
      expect(await failure(asking)).to.deep.equal([
        'upstream_unavailable',
        `Error: no connection within ${CONNECT_MS} ms`,
      ]);
    });
  }
});
