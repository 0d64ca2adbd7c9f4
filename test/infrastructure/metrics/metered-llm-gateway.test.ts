import { expect } from 'chai';
import { MockGateway } from '../../../src/adapters/outbound/llm/mock/mock-gateway.js';
import { MeteredLlmGateway } from '../../../src/infrastructure/metrics/metered-llm-gateway.js';
import { Metrics } from '../../../src/infrastructure/metrics/metrics.js';
import { errorOf, NEVER } from '../../support/builders.js';
import { samplesOf } from '../../support/metric-samples.js';
import { answerOf, aRequest } from '../../support/pulled.js';
import { batch, end, ScriptedModel, text } from '../../support/scripted-model.js';

const USAGE = { type: 'usage', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } as const;

describe('MeteredLlmGateway', () => {
  const PROMPT = [{ role: 'user', content: 'Hello' }] as const;
  let metrics: Metrics;

  beforeEach(() => {
    metrics = new Metrics();
  });

  async function sample(name: string): Promise<number | undefined> {
    return samplesOf(await metrics.render()).get(`agent_runtime_${name}`);
  }

  it('passes every batch on, and takes the first with text for the first token', async () => {
    const gateway = new MeteredLlmGateway(
      new ScriptedModel(batch(USAGE), text('a', 'b'), text('c'), end()),
      metrics,
      'mock',
    );
    const batches: unknown[] = [];
    for await (const parts of answerOf(gateway, PROMPT, NEVER)) {
      batches.push(parts);
      expect(await sample('time_to_first_token_seconds_count')).to.equal(batches.length === 1 ? 0 : 1);
    }
    expect(batches).to.deep.equal([
      [USAGE],
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      [{ type: 'text', text: 'c' }],
      [{ type: 'end', finishReason: 'stop' }],
    ]);
    expect(await sample('tokens_total')).to.equal(3);
  });

  it('counts a run as behind its model while a batch of text is held', async () => {
    const gateway = new MeteredLlmGateway(new ScriptedModel(text('a'), end()), metrics, 'mock');
    const behind: unknown[] = [];
    for await (const _ of answerOf(gateway, PROMPT, NEVER)) behind.push(await sample('unjournalled_runs'));
    expect(behind).to.deep.equal([1, 0]);
  });

  it('counts an answer that is left as stopped, and nothing stays behind', async () => {
    const gateway = new MeteredLlmGateway(new ScriptedModel(text('a'), text('b'), end()), metrics, 'mock');
    for await (const _ of answerOf(gateway, PROMPT, NEVER)) break;
    expect(await sample('upstream_attempts_total{outcome="stopped"}')).to.equal(1);
    expect(await sample('unjournalled_runs')).to.equal(0);
  });

  it('counts the finish reasons that nobody knows by name, but few, short and plain ones', async () => {
    const odd = ['OTHER', 'other', 'Load', 'a b', 'é', '', 'x'.repeat(41), '{"a":1}', ...Array(30).keys()].map(String);
    const words = odd.map((word) => (/^\d+$/.test(word) ? `word_${word}` : word));
    let word = '';
    const model = new MockGateway(function* () {
      yield { type: 'batch', parts: [{ type: 'end', finishReason: 'stop', unknownReason: word }] };
    });
    const gateway = new MeteredLlmGateway(model, metrics, 'mock');
    for (word of [...words, 'load']) await gateway.complete(aRequest(PROMPT), NEVER, () => undefined);
    const rendered = await metrics.render();
    const names = rendered.matchAll(/unknown_finish_reasons_total\{reason="(.*)"\}/g);
    expect([...names].map(([, name]) => name))
      .to.have.lengthOf(20)
      .and.to.include.members(['other', 'load', 'word_0']);
    expect(await sample('unknown_finish_reasons_total{reason="load"}')).to.equal(2);
    expect(await sample('unknown_finish_reasons_total{reason="other"}')).to.equal(2 + 5 + 12);
  });

  it('counts no reasoning as text', async () => {
    const gateway = new MeteredLlmGateway(
      new ScriptedModel(batch({ type: 'reasoning', text: 'hm' }), end()),
      metrics,
      'mock',
    );
    await gateway.complete(aRequest(PROMPT), NEVER, () => undefined);
    expect([await sample('tokens_total'), await sample('time_to_first_token_seconds_count')]).to.deep.equal([0, 0]);
  });

  it('throws what the gateway throws; what is no error of a model counts as ours', async () => {
    const mistake = new Error('a mistake');
    const gateway = new MeteredLlmGateway(new ScriptedModel({ type: 'fail', error: mistake }), metrics, 'mock');
    const reading = async () => {
      for await (const _ of answerOf(gateway, PROMPT, NEVER));
    };
    expect(await errorOf(reading())).to.equal(mistake);
    expect(await sample('upstream_attempts_total{outcome="run_failed"}')).to.equal(1);
  });
});
