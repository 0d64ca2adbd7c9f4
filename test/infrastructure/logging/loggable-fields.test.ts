import { AxiosError, AxiosHeaders } from 'axios';
import { expect } from 'chai';
import { loggableFields, loggableText } from '../../../src/infrastructure/logging/loggable-fields.js';

describe('loggableFields', () => {
  it('keeps plain data as it is', () => {
    const fields = { runId: 'r1', tokens: 12, ok: true, nothing: null, nested: { list: [1, 'two', [3]] } };
    expect(loggableFields(fields)).to.deep.equal(fields);
  });

  it('leaves out what is undefined', () => {
    expect(loggableFields({ a: undefined, b: [undefined] })).to.deep.equal({ b: [null] });
  });

  it('writes what JSON has no form for', () => {
    const moment = new Date(0);
    const fields = {
      big: 10n ** 20n,
      none: Number.NaN,
      sign: Symbol('s'),
      call: () => 1,
      moment,
      url: new URL('http://h/p'),
    };
    expect(loggableFields(fields)).to.deep.equal({
      big: '100000000000000000000',
      none: 'NaN',
      sign: 'Symbol(s)',
      call: '[function]',
      moment: '1970-01-01T00:00:00.000Z',
      url: 'http://h/p',
    });
  });

  it('survives an invalid date', () => {
    expect(loggableFields({ at: new Date(Number.NaN) })).to.deep.equal({ at: 'Invalid Date' });
  });

  describe('redacts', () => {
    for (const name of [
      'apiKey',
      'INTERNAL_API_KEY',
      'Authorization',
      'x-internal-auth',
      'accessToken',
      'clientSecret',
      'content',
      'Password',
      'set-cookie',
      'prompt',
      'headers',
    ])
      it(name, () => {
        expect(loggableFields({ deep: { [name]: 'hunter2' } })).to.deep.equal({ deep: { [name]: '[redacted]' } });
      });

    it('whatever stands under such a name, also a numeric password', () => {
      const fields = { content: [{ text: 'hunter2' }], password: 1234 };
      expect(loggableFields(fields)).to.deep.equal({ content: '[redacted]', password: '[redacted]' });
    });

    it('but not counts', () => {
      const counts = { tokens: 5, promptTokens: 3, contentLength: 10, keys: 2 };
      expect(loggableFields(counts)).to.deep.equal(counts);
    });

    for (const [text, clean] of [
      ['BEARER abc.def', 'Bearer [redacted]'],
      ['sk-proj-1234567890', '[redacted]'],
      ['redis://me:word@host', 'redis://[redacted]@host'],
    ] as const)
      it(`one secret in a text without another: ${text}`, () => {
        expect(loggableText(text)).to.equal(clean);
      });

    it('secrets inside a text', () => {
      const text = 'sent Bearer abc.def to redis://me:word@host with sk-proj-1234567890, in sk-SK';
      expect(loggableFields({ text })).to.deep.equal({
        text: 'sent Bearer [redacted] to redis://[redacted]@host with [redacted], in sk-SK',
      });
    });
  });

  describe('of an error', () => {
    it('keeps name, code, message, stack and cause', () => {
      const cause = Object.assign(new TypeError('within'), { code: 'ECONNRESET' });
      const error = Object.assign(new Error('outside', { cause }), { code: 7, extra: 'x' });
      expect(loggableFields({ error })).to.deep.equal({
        error: {
          name: 'Error',
          code: 7,
          message: 'outside',
          stack: error.stack,
          cause: { name: 'TypeError', code: 'ECONNRESET', message: 'within', stack: cause.stack },
        },
      });
    });

    it('leaves out the request that an axios error carries', () => {
      const headers = new AxiosHeaders({ 'X-Internal-Auth': 'hunter2' });
      const error = new AxiosError('refused', 'ECONNREFUSED', { headers, data: 'hunter2' }, { sent: 'hunter2' });
      const written = JSON.stringify(loggableFields({ error }));
      expect(written).to.include('ECONNREFUSED').and.not.include('hunter2');
    });

    it('leaves out a cause that is no error', () => {
      const error = new Error('outside', { cause: { text: 'hunter2' } });
      expect(JSON.stringify(loggableFields({ error }))).to.not.include('hunter2');
    });

    it('survives one that is its own cause', () => {
      const error = new Error('round');
      error.cause = error;
      expect(loggableFields({ error })).to.have.nested.property('error.cause', '[circular]');
    });
  });

  it('does not walk into objects of a class', () => {
    class Message {
      readonly text = 'hunter2';
    }
    const fields = { message: new Message(), bytes: Buffer.from('hunter2'), map: new Map([['a', 'hunter2']]) };
    expect(loggableFields(fields)).to.deep.equal({ message: '[Message]', bytes: '[Buffer]', map: '[Map]' });
  });

  it('cuts circles, but not what merely stands twice', () => {
    const twice = { a: 1 };
    const circle: Record<string, unknown> = { first: twice, second: [twice] };
    circle.self = circle;
    expect(loggableFields({ circle })).to.deep.equal({
      circle: { first: { a: 1 }, second: [{ a: 1 }], self: '[circular]' },
    });
  });

  it('survives getters and proxies that throw', () => {
    const hostile = {
      get trap(): string {
        throw new Error('no');
      },
      proxy: new Proxy({}, { ownKeys: () => fail(), getPrototypeOf: () => fail() }),
      ok: 1,
    };
    expect(loggableFields(hostile)).to.deep.equal({ trap: '[unreadable]', proxy: '[unreadable]', ok: 1 });
    expect(loggableFields(new Proxy({}, { ownKeys: () => fail() }))).to.deep.equal({ fields: '[unreadable]' });
  });

  it('keeps a field named __proto__ a field', () => {
    const written = JSON.stringify(loggableFields(JSON.parse('{"__proto__":{"admin":true}}')));
    expect(written).to.equal('{"__proto__":{"admin":true}}');
  });

  describe('is bounded', () => {
    const huge: [what: string, value: unknown][] = [
      ['a long text', 'x'.repeat(1_000_000)],
      ['a long list', Array.from({ length: 100_000 }, () => 'x'.repeat(1000))],
      ['a wide object', Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`n${at}`, at]))],
      ['a long name', { ['n'.repeat(1_000_000)]: 1 }],
      ['a deep object', nested(10_000)],
      ['a wide and deep object', wideAndDeep(6)],
    ];
    for (const [what, value] of huge) {
      it(`of ${what}`, () => {
        expect(JSON.stringify(loggableFields({ value })).length).to.be.below(64_000);
      });
    }
  });
});

describe('loggableText', () => {
  it('says how much it cut', () => {
    expect(loggableText(`${'x'.repeat(4000)}yz`)).to.equal(`${'x'.repeat(4000)}… (2 more)`);
  });
});

function fail(): never {
  throw new Error('hostile');
}

function nested(depth: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < depth; level += 1) value = { value };
  return value;
}

function wideAndDeep(depth: number): unknown {
  if (depth === 0) return 'x'.repeat(100);
  const inner = wideAndDeep(depth - 1);
  return Array.from({ length: 50 }, () => inner);
}
