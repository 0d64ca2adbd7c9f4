import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { retryAfterOf } from '../../../../../src/adapters/outbound/llm/openai-wire/retry-after.js';

describe('retryAfterOf', () => {
  it('reads seconds, milliseconds and dates', () => {
    const clock = useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ['Date'] });
    expect(retryAfterOf({ 'retry-after': '2' })).to.equal(2000);
    expect(retryAfterOf({ 'retry-after': ' 0.5 ' })).to.equal(500);
    expect(retryAfterOf({ 'retry-after-ms': '1234' })).to.equal(1234);
    expect(retryAfterOf({ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' })).to.equal(9000);
    clock.restore();
  });

  it('takes the milliseconds where both are given', () => {
    expect(retryAfterOf({ 'retry-after-ms': '1500', 'retry-after': '2' })).to.equal(1500);
  });

  it('takes nonsense, the past and nothing at all for no wish', () => {
    const past = 'Thu, 01 Jan 1970 00:00:09 GMT';
    for (const value of ['', '0', '-1', 'NaN', 'Infinity', 'soon', '1e999', past, ['1', '2'], undefined]) {
      expect(retryAfterOf({ 'retry-after': value }), String(value)).to.equal(undefined);
    }
  });

  it('keeps a wish that is too long, so that it can be told from none', () => {
    expect(retryAfterOf({ 'retry-after': '86400' })).to.equal(86_400_000);
  });
});
