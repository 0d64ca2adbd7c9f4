import { expect } from 'chai';
import { retryDelay } from '../../../../src/adapters/outbound/llm/retry-delay.js';
import { LlmError, type LlmErrorCode } from '../../../../src/domain/errors.js';

describe('retryDelay', () => {
  const down = new LlmError('upstream_unavailable');

  it('is any time up to half a second, doubled for each retry, and never more than 8 s', () => {
    const longest = [0, 1, 2, 3, 4, 5, 20].map((retries) => retryDelay(down, retries, () => 1));
    expect(longest).to.deep.equal([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(retryDelay(down, 3, () => 0)).to.equal(0);
    expect(retryDelay(down, 1, () => 0.25)).to.equal(250);
  });

  it('is not shorter than the upstream wished', () => {
    expect(retryDelay(new LlmError('upstream_rate_limited', { retryAfterMs: 30_000 }), 0, () => 1)).to.equal(30_000);
    expect(retryDelay(new LlmError('upstream_unavailable', { retryAfterMs: 100 }), 0, () => 1)).to.equal(500);
  });

  it('is none when the upstream wishes for more than 30 s', () => {
    expect(retryDelay(new LlmError('upstream_rate_limited', { retryAfterMs: 30_001 }), 0, () => 0)).to.equal(undefined);
  });

  const final: LlmErrorCode[] = [
    'upstream_unauthorized',
    'upstream_unknown_model',
    'upstream_quota_exceeded',
    'upstream_too_long',
    'upstream_content_refused',
    'upstream_rejected',
    'upstream_protocol',
    'unsupported_tool_call',
  ];
  for (const code of final) {
    it(`is none for ${code}, which would come again`, () => {
      expect(retryDelay(new LlmError(code), 0, () => 0)).to.equal(undefined);
    });
  }
});
