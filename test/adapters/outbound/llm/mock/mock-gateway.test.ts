import { expect } from 'chai';
import type { MockStep } from '../../../../../src/adapters/outbound/llm/mock/mock-gateway.js';
import { MockGateway } from '../../../../../src/adapters/outbound/llm/mock/mock-gateway.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import type { LlmGatewaySubject, UpstreamCall, UpstreamScript } from '../../../../contracts/llm-gateway.contract.js';
import { describeLlmGateway } from '../../../../contracts/llm-gateway.contract.js';
import { answerOf } from '../../../../support/pulled.js';

describeLlmGateway('mock', async () => openMockSubject());

describe('MockGateway', () => {
  const { signal } = new AbortController();

  it('waits for a promise of the test', async () => {
    const gate = Promise.withResolvers<void>();
    const gateway = new MockGateway(() => [{ type: 'wait-for', promise: gate.promise }, ending]);
    const answer = answerOf(gateway, [], signal);
    const first = answer.next();
    gate.resolve();
    expect((await first).value).to.deep.equal(ending.parts);
  });

  it('fails with the promise of the test', async () => {
    const gateway = new MockGateway(() => [
      { type: 'wait-for', promise: Promise.reject(new LlmError('upstream_error')) },
    ]);
    const answer = answerOf(gateway, [], signal);
    expect(await answer.next().catch(({ code }) => code)).to.equal('upstream_error');
  });

  it('takes a script that stops without an end for a broken answer', async () => {
    const answer = answerOf(new MockGateway(() => []), [], signal);
    expect(await answer.next().catch(({ code }) => code)).to.equal('upstream_truncated');
  });
});

const ending = { type: 'batch', parts: [{ type: 'end', finishReason: 'stop' }] } satisfies MockStep;

function openMockSubject(): LlmGatewaySubject {
  let script: UpstreamScript = { texts: [], then: { type: 'stall' } };
  let calls = 0;
  const asked = Promise.withResolvers<void>();
  const models = ['b', 'a'].map((id) => ({
    id,
    name: id,
    provider: 'mock',
    contextLength: undefined,
    isAvailable: true,
  }));
  const gateway = new MockGateway(() => {
    calls += 1;
    asked.resolve();
    return stepsOf(script);
  }, models);
  return {
    gateway,
    modelIds: ['b', 'a'],
    play(next) {
      script = next;
    },
    asked: () => asked.promise,
    get calls() {
      return calls;
    },
    // It has no upstream to let go.
    released: async () => undefined,
    close: async () => undefined,
  };
}

function* stepsOf({ reasoning = [], texts, calls = [], usage, then }: UpstreamScript): Generator<MockStep> {
  for (const text of reasoning) yield { type: 'batch', parts: [{ type: 'reasoning', text }] };
  for (const text of texts) yield { type: 'batch', parts: [{ type: 'text', text }] };
  for (const [index, call] of calls.entries()) yield { type: 'batch', parts: piecesOf(call, index) };
  if (usage !== undefined) yield { type: 'batch', parts: [{ type: 'usage', usage }] };
  if (then.type === 'stall') yield then;
  else if (then.type === 'fail') yield { type: 'fail', error: new LlmError(then.code) };
  else yield { type: 'batch', parts: [...calls.map(wholeOf), then] };
}

function piecesOf({ id: callId, name: toolName, pieces }: UpstreamCall, index: number): CompletionPart[] {
  return ['', ...pieces].map((text) => ({ type: 'call-arguments', index, callId, toolName, text }));
}

function wholeOf({ id: callId, name: toolName, pieces }: UpstreamCall, index: number): CompletionPart {
  return { type: 'call', index, callId, toolName, argumentsText: pieces.join('') || '{}' };
}
