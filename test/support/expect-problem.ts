import { STATUS_CODES } from 'node:http';
import { expect } from 'chai';
import type { HttpAnswer } from './http-client.js';

/** Checks that an answer is a whole problem of this status and code, and nothing else. */
export function expectProblem(answer: HttpAnswer, status: number, code?: string): void {
  expect(answer.status, answer.text).to.equal(status);
  expect(answer.headers['content-type']).to.equal('application/problem+json');
  expect(answer.headers).not.to.have.property('x-powered-by');
  expect(answer.json).to.include({
    title: STATUS_CODES[status],
    status,
    request_id: answer.headers['x-request-id'],
    ...(code === undefined ? {} : { code }),
  });
  expect(answer.json.type).to.equal(`urn:agent-runtime:problem:${answer.json.code}`);
  expect(answer.json.detail).to.be.a('string').and.not.to.equal('');
  expect(answer.text).not.to.match(/<!doctype|<html|node_modules|\n\s+at /i);
}

/** The paths of the fields that a 422 names. */
export function problemPaths(answer: HttpAnswer): unknown[] {
  const { errors } = answer.json;
  if (!Array.isArray(errors)) throw new Error(`No errors in ${answer.text}`);
  return errors.map(({ path, message }) => {
    expect(message).to.be.a('string').and.not.to.equal('');
    return path;
  });
}
