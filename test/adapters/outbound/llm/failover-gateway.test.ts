import { expect } from 'chai';
import { type Failover, FailoverGateway } from '../../../../src/adapters/outbound/llm/failover-gateway.js';
import type { CompletionPart, CompletionRequest, LlmGateway } from '../../../../src/application/ports/llm-gateway.js';
import { LlmError, type LlmErrorCode } from '../../../../src/domain/errors.js';
import { CALLING } from '../../../support/calling.js';
import { aRequest } from '../../../support/pulled.js';

const REQUESTS_OWN: readonly LlmErrorCode[] = [
  'upstream_too_long',
  'upstream_content_refused',
  'upstream_rejected',
  'unsupported_tool_call',
];
const CODES: readonly LlmErrorCode[] = [
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_rate_limited',
  'upstream_unauthorized',
  'upstream_unknown_model',
  'upstream_quota_exceeded',
  'upstream_truncated',
  'upstream_empty',
  'upstream_error',
  'upstream_protocol',
  ...REQUESTS_OWN,
];

type Play = CompletionPart | Error;
const END: CompletionPart = { type: 'end', finishReason: 'stop' };
const TEXT: CompletionPart = { type: 'text', text: 'Hi' };
const SECOND: CompletionPart = { type: 'retry', model: 'vllm:b' };

describe('FailoverGateway', () => {
  const asked: string[] = [];
  const failovers: Failover[] = [];
  beforeEach(() => {
    asked.length = 0;
    failovers.length = 0;
  });

  /** What is handed over, and the failure, where each model plays its part. */
  async function ask(plays: Readonly<Record<string, readonly Play[]>>, signal = new AbortController().signal) {
    const parts: CompletionPart[] = [];
    const [model = '', ...fallbacks] = Object.keys(plays);
    const gateway = new FailoverGateway(playing(plays), (failover) => failovers.push(failover));
    try {
      await gateway.complete(aRequest([], { model, fallbacks }), signal, (batch) => void parts.push(...batch));
    } catch (failure) {
      return { parts, failure };
    }
    return { parts, failure: undefined };
  }

  function playing(plays: Readonly<Record<string, readonly Play[]>>): LlmGateway {
    return {
      async complete({ model }: CompletionRequest, _signal, take) {
        asked.push(model);
        for (const play of plays[model] ?? []) {
          if (play instanceof Error) throw play;
          await take([play]);
        }
      },
      listModels: async () => [],
    };
  }

  for (const code of CODES) {
    const anotherMayAnswer = !REQUESTS_OWN.includes(code);
    it(`${anotherMayAnswer ? 'asks the next' : 'asks nobody else'} after ${code} before the first token`, async () => {
      const error = new LlmError(code);
      const { parts, failure } = await ask({ 'openai:a': [error], 'vllm:b': [TEXT, END] });
      expect(parts).to.deep.equal(anotherMayAnswer ? [SECOND, TEXT, END] : []);
      expect(failure).to.equal(anotherMayAnswer ? undefined : error);
      expect(failovers).to.deep.equal(anotherMayAnswer ? [{ from: 'openai:a', to: 'vllm:b', error }] : []);
    });
  }

  for (const token of [TEXT, { type: 'reasoning', text: '' } as const, CALLING]) {
    it(`asks nobody else after the first ${token.type}`, async () => {
      const error = new LlmError('upstream_truncated');
      const { parts, failure } = await ask({ 'openai:a': [token, error], 'vllm:b': [TEXT, END] });
      expect({ parts, failure, asked }).to.deep.equal({ parts: [token], failure: error, asked: ['openai:a'] });
    });
  }

  it('asks the next after an answer that ends without a token, and hands over the last one as it is', async () => {
    const empty: CompletionPart = { type: 'end', finishReason: 'length' };
    const { parts, failure } = await ask({ 'openai:a': [empty], 'vllm:b': [END] });
    expect({ parts, failure }).to.deep.equal({ parts: [SECOND, END], failure: undefined });
    expect(failovers[0]?.error.code).to.equal('upstream_empty');
  });

  it('takes calls without a text for an answer', async () => {
    const call: CompletionPart = { type: 'call', index: 0, callId: undefined, toolName: 'ping', argumentsText: '{}' };
    expect((await ask({ 'openai:a': [call, END], 'vllm:b': [TEXT, END] })).parts).to.deep.equal([call, END]);
  });

  it('takes the word of a content filter for what was asked', async () => {
    const filtered: CompletionPart = { type: 'end', finishReason: 'content_filter' };
    expect((await ask({ 'openai:a': [filtered], 'vllm:b': [TEXT, END] })).parts).to.deep.equal([filtered]);
  });

  it('asks in order, and fails as the last one does', async () => {
    const last = new LlmError('upstream_unavailable');
    const { failure } = await ask({
      'a:a': [new LlmError('upstream_unauthorized')],
      'b:b': [new LlmError('upstream_timeout')],
      'c:c': [last],
    });
    expect({ failure, asked }).to.deep.equal({ failure: last, asked: ['a:a', 'b:b', 'c:c'] });
  });

  it('asks nobody else for a mistake of ours, nor for a caller who has left', async () => {
    const mistake = new Error('a mistake');
    expect((await ask({ 'a:a': [mistake], 'b:b': [END] })).failure).to.equal(mistake);
    const reason = new Error('stopped');
    const left = await ask({ 'a:a': [new LlmError('upstream_timeout')], 'b:b': [END] }, AbortSignal.abort(reason));
    expect(left.failure).to.equal(reason);
    expect(asked).to.deep.equal(['a:a', 'a:a']);
  });
});
