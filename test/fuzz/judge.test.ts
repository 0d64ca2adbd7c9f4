import { expect } from 'chai';
import { answersIn } from './answers.js';
import { type Attempt, bytesOf } from './attempt.js';
import { faultsOf } from './judge.js';
import { type PromisedCodes, promisedCodes } from './promised-codes.js';
import type { Outcome } from './raw-exchange.js';

const anAttempt: Attempt = {
  name: 'a request',
  method: 'GET',
  path: '/agent/runs/x',
  pieces: [bytesOf('GET / HTTP/1.1\r\n\r\n')],
  halfCloses: false,
  maySayNothing: false,
  mustBeRefused: false,
  milliseconds: 1,
};

const PROBLEM = {
  type: 'urn:agent-runtime:problem:run_not_found',
  title: 'Not Found',
  status: 404,
  detail: 'There is no such run.',
  code: 'run_not_found',
  request_id: 'r1',
};

const head = (status: number, type: string) =>
  `HTTP/1.1 ${status} Word\r\nX-Request-Id: r1\r\nContent-Type: ${type}\r\n`;
const answer = (status: number, type: string, body: string, more = '') =>
  `${head(status, type)}${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const problem = (fields: object = {}, status = 404, more = '') =>
  answer(status, 'application/problem+json', JSON.stringify({ ...PROBLEM, ...fields }), more);
const busy = { type: 'urn:agent-runtime:problem:session_busy', title: 'Conflict', status: 409, code: 'session_busy' };

describe('the judge of answers to malformed requests', () => {
  let promised: PromisedCodes;
  before(async () => {
    promised = await promisedCodes();
  });

  const kinds = (text: string, attempt: Partial<Attempt> = {}, end: Outcome['end'] = 'closed') => {
    const asked = { ...anAttempt, ...attempt };
    const answers = answersIn(Buffer.from(text), asked.method, end !== 'answered');
    return faultsOf(asked, { answers, end }, promised).map(({ kind }) => kind);
  };

  it('knows the codes of the protocol', () => {
    expect(promised[404]).to.include.members(['not_found', 'run_not_found']);
    expect(promised[500]).to.include('internal_error');
  });

  for (const [name, text] of Object.entries({
    'a problem': problem(),
    'a busy session': problem(busy, 409, 'Retry-After: 1\r\n'),
    'an answer': answer(200, 'application/json', '{}'),
    chunks: `${head(200, 'text/event-stream')}Transfer-Encoding: chunked\r\n\r\n3\r\n: x\r\n0\r\n\r\n`,
    'an answer behind an announcement': `HTTP/1.1 100 Continue\r\n\r\n${answer(200, 'application/json', '{}')}`,
    'nothing, by 204': 'HTTP/1.1 204 No Content\r\nX-Request-Id: r1\r\n\r\n',
    'two answers': problem() + answer(200, 'application/json', '"ü"'),
  })) {
    it(`finds nothing in ${name}`, () => expect(kinds(text)).to.deep.equal([]));
  }

  for (const [name, kind, text] of [
    ['an answer of 5xx', '5xx', problem({ status: 500 }, 500)],
    ['a page', 'HTML', answer(404, 'text/html', '<h1>no</h1>')],
    ['a page under another name', 'HTML', answer(200, 'application/json', '<!DOCTYPE html><p>')],
    ['a bare refusal', 'no problem', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['another type', 'no problem', answer(404, 'application/json', JSON.stringify(PROBLEM))],
    ['a missing field', 'no problem', problem({ detail: undefined })],
    ['a field too many', 'no problem', problem({ stack: 'x' })],
    ['another status', 'no problem', problem({ status: 400 })],
    ['another request', 'no problem', problem({ request_id: 'r2' })],
    ['a code nobody promised', 'no problem', problem({ code: 'x', type: 'urn:agent-runtime:problem:x' })],
    ['a stack', 'no problem', problem({ detail: 'Error\n    at main.js' })],
    ['a busy session without Retry-After', 'no problem', problem(busy, 409)],
    ['half a body', 'broken answer', answer(200, 'application/json', '{"a":1}').slice(0, -2)],
    ['half a chunk', 'broken answer', `${head(200, 'x')}Transfer-Encoding: chunked\r\n\r\n5\r\nab`],
    ['no HTTP', 'broken answer', 'Hello'],
    ['silence', 'no answer', ''],
  ] as const) {
    it(`finds ${name}`, () => expect(kinds(text)).to.include(kind));
  }

  it('finds a connection that hangs', () => expect(kinds('', {}, 'hung')).to.deep.equal(['no answer']));

  it('finds what should have been refused, and a second answer behind a refusal', () => {
    const smuggling = { mustBeRefused: true };
    expect(kinds(problem(), smuggling)).to.deep.equal([]);
    expect(kinds(answer(200, 'application/json', '{}'), smuggling)).to.deep.equal(['not refused']);
    expect(kinds(problem() + problem(), smuggling)).to.deep.equal(['not refused']);
  });

  it('allows pages where they belong, no body to HEAD, and silence where there is nothing to say', () => {
    expect(kinds(answer(200, 'text/html', '<html>'), { path: '/docs' })).to.deep.equal([]);
    expect(kinds(`${head(404, 'application/problem+json')}\r\n`, { method: 'HEAD' })).to.deep.equal([]);
    expect(kinds('', { maySayNothing: true })).to.deep.equal([]);
  });
});
