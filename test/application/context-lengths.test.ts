import { expect } from 'chai';
import sinon from 'sinon';
import { ContextLengths } from '../../src/application/context-lengths.js';
import type { Model } from '../../src/application/ports/llm-gateway.js';
import { MemoryLogger } from '../support/memory-logger.js';

type Listing = () => Promise<readonly Model[]>;

const SILENCE: Listing = () => new Promise(() => {});

function listing(lengths: Readonly<Record<string, number>>): Listing {
  const models = Object.entries(lengths).map(([id, contextLength]) => ({ id, name: id, contextLength }));
  return async () => models.map((model) => ({ ...model, provider: 'test', isAvailable: true }));
}

describe('The context lengths of models', () => {
  const upstreams = new Map<string, Listing>();
  let asked: string[];
  let lengths: ContextLengths;
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    asked = [];
    lengths = new ContextLengths((mode) => {
      const list = upstreams.get(mode);
      if (list === undefined) throw new Error(`There is no mode ${mode}`);
      asked.push(mode);
      return { listModels: list };
    }, new MemoryLogger());
  });
  afterEach(() => clock.restore());

  it('are what their own upstream lists, which is asked once a minute', async () => {
    upstreams.set('vllm', listing({ 'a:b': 10, c: 20 })).set('openai', listing({ c: 30 }));
    for (const [model, length] of [
      ['vllm:a:b', 10],
      ['vllm:c', 20],
      ['openai:c', 30],
      ['openai:a:b', undefined],
    ] as const)
      expect(await lengths.of(model), model).to.equal(length);
    expect(asked).to.deep.equal(['vllm', 'openai']);
    clock.tick(60_001);
    upstreams.set('vllm', listing({ c: 25 }));
    expect(await lengths.of('vllm:c')).to.equal(25);
    expect(asked).to.deep.equal(['vllm', 'openai', 'vllm']);
  });

  it('wait for nobody else, and for a silent upstream a second', async () => {
    upstreams.set('vllm', SILENCE).set('openai', listing({ c: 30 }));
    expect(await lengths.of('openai:c')).to.equal(30);
    const unknown = lengths.of('vllm:c');
    await clock.tickAsync(1000);
    expect(await unknown).to.equal(undefined);
    expect(await lengths.of('vllm:c')).to.equal(undefined);
  });

  it('stay as they were where an upstream cannot be asked any more', async () => {
    upstreams.set('vllm', listing({ c: 20 })).set('openai', listing({ c: 30 }));
    for (const model of ['vllm:c', 'openai:c']) await lengths.of(model);
    clock.tick(60_001);
    upstreams.set('vllm', () => Promise.reject(new Error('away')));
    expect(await lengths.of('vllm:c')).to.equal(20);
    expect(await lengths.of('openai:c')).to.equal(30);
  });

  it('are unknown of a mode that nobody has set up', async () => {
    expect(await lengths.of('none:c')).to.equal(undefined);
  });
});
