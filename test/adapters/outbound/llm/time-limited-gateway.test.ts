import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { TimeLimitedGateway } from '../../../../src/adapters/outbound/llm/time-limited-gateway.js';
import type { CompletionPart } from '../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../src/domain/errors.js';
import { NEVER } from '../../../support/builders.js';
import { CALLING, PING } from '../../../support/calling.js';
import { type GatedCall, GatedGateway } from '../../../support/gated-gateway.js';
import { answerOf } from '../../../support/pulled.js';

const LIMITS = { firstToken: 1000, idle: 100 };

type Answer = AsyncIterator<readonly CompletionPart[]>;

describe('TimeLimitedGateway', () => {
  let clock: SinonFakeTimers;
  let gateway: GatedGateway;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    gateway = new GatedGateway();
  });
  afterEach(() => clock.restore());

  function ask(signal: AbortSignal = NEVER): Answer {
    return answerOf(new TimeLimitedGateway(gateway, LIMITS), [], signal, { tools: [PING] });
  }

  /** Every text as soon as it is asked for, until the answer ends; what it was ended by. */
  async function read(answer: Answer): Promise<unknown> {
    try {
      while (!(await answer.next()).done);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async function say(call: GatedCall, text: string): Promise<void> {
    call.say(text);
    await clock.tickAsync(0);
  }

  it('waits for the first text until its limit, and not longer', async () => {
    const ending = read(ask());
    const call = await gateway.call();
    await clock.tickAsync(999);
    call.send({ type: 'usage', usage: { inputTokens: 1, outputTokens: 0, totalTokens: 1 } });
    await clock.tickAsync(1);
    await call.released;
    expectTimeout(await ending, 'a token took more than 1000 ms');
  });

  it('waits for the next text until its limit, and not longer', async () => {
    const ending = read(ask());
    const call = await gateway.call();
    for (let count = 0; count < 5; count += 1) {
      await say(call, 'text');
      await clock.tickAsync(99);
    }
    await clock.tickAsync(1);
    await call.released;
    expectTimeout(await ending, 'a token took more than 100 ms');
  });

  it('takes reasoning for a sign of life, and does not call it silence', async () => {
    const ending = read(ask());
    const call = await gateway.call();
    await clock.tickAsync(999);
    for (let count = 0; count < 5; count += 1) {
      call.send({ type: 'reasoning', text: count === 0 ? '' : 'hm' });
      await clock.tickAsync(99);
    }
    await clock.tickAsync(1);
    await call.released;
    expectTimeout(await ending, 'a step from reasoning took more than 100 ms');
  });

  it('takes a piece of a call for a sign of life', async () => {
    const ending = read(ask());
    const call = await gateway.call();
    await clock.tickAsync(999);
    for (let count = 0; count < 5; count += 1) {
      call.send(CALLING);
      await clock.tickAsync(99);
    }
    await clock.tickAsync(1);
    await call.released;
    expectTimeout(await ending, 'a token took more than 100 ms');
  });

  it('does not count the time that its reader takes', async () => {
    const answer = ask();
    const first = answer.next();
    const call = await gateway.call();
    await say(call, 'one');
    await first;
    await clock.tickAsync(1000);
    const second = answer.next();
    await clock.tickAsync(99);
    await say(call, 'two');
    expect((await second).value).to.deep.equal([{ type: 'text', text: 'two' }]);
  });

  it('leaves no timer behind when the answer ends, fails or is left', async () => {
    const whole = read(ask());
    (await gateway.call(1)).say('text').end();
    expect(await whole).to.equal(undefined);
    const broken = read(ask());
    const failure = new LlmError('upstream_truncated');
    (await gateway.call(2)).fail(failure);
    expect(await broken).to.equal(failure);
    const left = ask();
    const first = left.next();
    (await gateway.call(3)).say('text');
    await first;
    await left.return?.();
    expect(clock.countTimers()).to.equal(0);
  });

  it('throws the reason of its caller when that aborts', async () => {
    const caller = new AbortController();
    const ending = read(ask(caller.signal));
    await gateway.call();
    const reason = new Error('stopped');
    caller.abort(reason);
    expect(await ending).to.equal(reason);
    expect(clock.countTimers()).to.equal(0);
  });
});

function expectTimeout(error: unknown, detail: string): void {
  expect(error).to.be.instanceOf(LlmError).and.to.include({ code: 'upstream_timeout', detail });
}
