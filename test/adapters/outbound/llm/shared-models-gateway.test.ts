import { expect } from 'chai';
import sinon from 'sinon';
import { SharedModelsGateway } from '../../../../src/adapters/outbound/llm/shared-models-gateway.js';
import type { LlmGateway, Model } from '../../../../src/application/ports/llm-gateway.js';

const MODELS: readonly Model[] = [
  { id: 'a', name: 'a', provider: 'test', contextLength: undefined, isAvailable: true },
];

/** Answers when the test says so. */
class HeldGateway implements LlmGateway {
  readonly asked: { readonly signal: AbortSignal; answer(models: readonly Model[]): void; fail(error: Error): void }[] =
    [];

  complete(): Promise<void> {
    throw new Error('Nobody asks this.');
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Model[]>();
    signal.addEventListener('abort', () => reject(signal.reason));
    this.asked.push({ signal, answer: resolve, fail: reject });
    return promise;
  }
}

describe('SharedModelsGateway', () => {
  let upstream: HeldGateway;
  let gateway: SharedModelsGateway;
  const anyone = new AbortController().signal;

  beforeEach(() => {
    upstream = new HeldGateway();
    gateway = new SharedModelsGateway(upstream);
  });
  afterEach(() => sinon.restore());

  it('asks once for fifty at a time', async () => {
    const listings = Array.from({ length: 50 }, () => gateway.listModels(anyone));
    upstream.asked[0]?.answer(MODELS);
    for (const models of await Promise.all(listings)) expect(models).to.equal(MODELS);
    expect(upstream.asked).to.have.length(1);
  });

  it('keeps the list for five seconds after it came', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    const first = gateway.listModels(anyone);
    clock.tick(60_000);
    upstream.asked[0]?.answer(MODELS);
    await first;
    clock.tick(4999);
    expect(await gateway.listModels(anyone)).to.equal(MODELS);
    clock.tick(1);
    void gateway.listModels(anyone);
    expect(upstream.asked).to.have.length(2);
  });

  it('tells a failure to all who wait, and asks anew for the next', async () => {
    const listings = [gateway.listModels(anyone), gateway.listModels(anyone)];
    upstream.asked[0]?.fail(new Error('away'));
    const outcomes = await Promise.allSettled(listings);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    const again = gateway.listModels(anyone);
    upstream.asked[1]?.answer(MODELS);
    expect(await again).to.equal(MODELS);
  });

  it('lets one leave, and answers the others', async () => {
    const leaver = new AbortController();
    const left = gateway.listModels(leaver.signal).catch((error: unknown) => error);
    const stays = gateway.listModels(anyone);
    leaver.abort('enough');
    expect(await left).to.equal('enough');
    expect(upstream.asked[0]?.signal.aborted).to.equal(false);
    upstream.asked[0]?.answer(MODELS);
    expect(await stays).to.equal(MODELS);
  });

  it('gives the question up when the last one leaves, and asks anew for who comes then', async () => {
    const leaver = new AbortController();
    const left = [gateway.listModels(leaver.signal), gateway.listModels(leaver.signal)];
    leaver.abort('enough');
    const outcomes = await Promise.allSettled(left);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(upstream.asked[0]?.signal.aborted).to.equal(true);
    const next = gateway.listModels(anyone);
    upstream.asked[1]?.answer(MODELS);
    expect(await next).to.equal(MODELS);
  });

  it('asks nothing for who has left already', async () => {
    expect(await gateway.listModels(AbortSignal.abort('enough')).catch((error: unknown) => error)).to.equal('enough');
    expect(upstream.asked).to.deep.equal([]);
  });
});
