import { expect } from 'chai';
import { ERROR_STATUS, RETRY_AFTER } from '../../../../src/adapters/inbound/http/error-status.js';
import { problemOf, problemSchema } from '../../../../src/adapters/inbound/http/problem.js';
import { LlmError, Overloaded, QueueFull, SessionBusy, SessionNotFound } from '../../../../src/domain/errors.js';

describe('problems', () => {
  it('have a status for every code', () => {
    for (const [code, status] of Object.entries(ERROR_STATUS)) expect(status, code).to.be.within(400, 504);
  });

  it('say when to come again where coming again helps', () => {
    for (const [error, status] of [
      [new SessionBusy('run1'), 409],
      [new QueueFull(8), 429],
      [new Overloaded('full'), 503],
    ] as const) {
      const problem = problemOf(error, 'request1');
      expect(problem?.body.status).to.equal(status);
      expect(problem?.headers).to.deep.equal({ 'Retry-After': RETRY_AFTER[status] });
      expect(RETRY_AFTER[status]).to.match(/^[1-9]\d*$/);
    }
    expect(problemOf(new SessionNotFound('demo'), 'request1')?.headers).to.deep.equal({});
  });

  it('name the run that keeps a session busy', () => {
    expect(problemOf(new SessionBusy('run1'), 'request1')?.body).to.include({ run_id: 'run1', request_id: 'request1' });
  });

  it('are what the document says', () => {
    for (const error of [new SessionBusy('run1'), new LlmError('upstream_timeout'), new QueueFull(8)]) {
      expect(problemSchema.safeParse(problemOf(error, 'request1')?.body).success).to.equal(true);
    }
  });

  it('tell nothing of what the provider said', () => {
    const error = new LlmError('upstream_error', { detail: 'canary', cause: new Error('canary') });
    expect(JSON.stringify(problemOf(error, 'request1'))).not.to.contain('canary');
  });

  it('are not made of errors that nobody foresaw', () => {
    expect(problemOf(new TypeError('x'), 'request1')).to.equal(undefined);
    expect(problemOf('x', 'request1')).to.equal(undefined);
    expect(problemOf(Object.assign(new Error('x'), { status: 500 }), 'request1')).to.equal(undefined);
  });
});
