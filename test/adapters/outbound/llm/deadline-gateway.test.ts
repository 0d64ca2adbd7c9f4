import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { DeadlineGateway } from '../../../../src/adapters/outbound/llm/deadline-gateway.js';
import type { CompletionPart } from '../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../src/domain/errors.js';
import { NEVER } from '../../../support/builders.js';
import { GatedGateway } from '../../../support/gated-gateway.js';
import { answerOf } from '../../../support/pulled.js';

describe('DeadlineGateway', () => {
  let clock: SinonFakeTimers;
  let gateway: GatedGateway;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    gateway = new GatedGateway();
  });
  afterEach(() => clock.restore());

  function ask(signal: AbortSignal = NEVER): AsyncIterator<readonly CompletionPart[]> {
    return answerOf(new DeadlineGateway(gateway, 5000), [], signal);
  }

  /** Everything as soon as it is asked for, until the answer ends; what it was ended by. */
  async function read(answer: AsyncIterator<readonly CompletionPart[]>): Promise<unknown> {
    try {
      while (!(await answer.next()).done);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  it('ends an answer that is too long in all, however steady it is', async () => {
    const ending = read(ask());
    const call = await gateway.call();
    for (let time = 0; time < 5000; time += 50) {
      call.say('text');
      await clock.tickAsync(50);
    }
    await call.released;
    const detail = 'a whole answer took more than 5000 ms';
    expect(await ending)
      .to.be.instanceOf(LlmError)
      .and.to.include({ code: 'upstream_timeout', detail });
  });

  it('counts the time that its reader takes', async () => {
    const answer = ask();
    const first = answer.next();
    (await gateway.call()).say('one');
    await first;
    await clock.tickAsync(5000);
    expect(await read(answer)).to.include({ code: 'upstream_timeout' });
  });

  it('leaves no timer behind when the answer ends, fails, is left or is stopped', async () => {
    const whole = read(ask());
    (await gateway.call(1)).say('text').end();
    expect(await whole).to.equal(undefined);
    const broken = read(ask());
    (await gateway.call(2)).fail(new LlmError('upstream_truncated'));
    expect(await broken).to.include({ code: 'upstream_truncated' });
    const left = ask();
    const first = left.next();
    (await gateway.call(3)).say('text');
    await first;
    await left.return?.();
    const caller = new AbortController();
    const stopped = read(ask(caller.signal));
    await gateway.call(4);
    const reason = new Error('stopped');
    caller.abort(reason);
    expect(await stopped).to.equal(reason);
    expect(clock.countTimers()).to.equal(0);
  });
});
