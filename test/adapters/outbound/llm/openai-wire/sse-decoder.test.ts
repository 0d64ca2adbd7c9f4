import { expect } from 'chai';
import fc from 'fast-check';
import { SseDecoder } from '../../../../../src/adapters/outbound/llm/openai-wire/sse-decoder.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { cutAt, cuts } from '../../../../support/cuts.js';

/** After web-platform-tests' eventsource/format-*: the bytes, and the data of the messages that must come of them. */
const VECTORS: readonly (readonly [name: string, stream: string | Uint8Array, data: readonly string[]])[] = [
  ['a message', 'data:a\n\n', ['a']],
  ['one BOM', '\uFEFFdata:1\n\ndata:2\n\n', ['1', '2']],
  ['two BOMs: the first line is an unknown field', '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n', ['2', '3']],
  ['a BOM later on', 'data:1\n\n\uFEFFdata:2\n\ndata:3\n\n', ['1', '3']],
  [
    'comments among data',
    `data:1\r:\0\n:\r\ndata:2\n:${'x'.repeat(2048)}\rdata:3\n:data:fail\r:${'x'.repeat(2048)}\ndata:4\n\n`,
    ['1\n2\n3\n4'],
  ],
  ['comments alone', ': ping\n\n: ping\r\n\r\n:\r\r', []],
  ['a last message without its blank line', 'data:1\n\ndata:2\n', ['1']],
  ['a last line without its end', 'data:1\n\ndata:2', ['1']],
  ['empty data', 'data:\n\ndata\ndata\n\ndata:test\n\n', ['', '\n', 'test']],
  [
    'names that only look like data',
    'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    ['\0\n 2\n1\n3\n\n4'],
  ],
  ['unknown fields', 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n\n', ['test\n']],
  ['one leading space taken off', 'data:\ttest\rdata: \ndata:test\n\n', ['\ttest\n\ntest']],
  ['two leading spaces', 'data:  test\n\n', [' test']],
  ['every line end', 'data:test\r\ndata\ndata:test\r\n\r', ['test\n\ntest']],
  ['CR alone', 'data:1\rdata:2\r\rdata:3\r\r', ['1\n2', '3']],
  ['CRLF alone', 'data:1\r\ndata:2\r\n\r\ndata:3\r\n\r\n', ['1\n2', '3']],
  ['LF CR mixed', 'data:1\n\rdata:2\r\n\n', ['1', '2']],
  ['NUL in data', 'data:\0\n\n', ['\0']],
  ['UTF-8', 'data:ok…世界🙂\n\n', ['ok…世界🙂']],
  [
    'bytes that are no UTF-8',
    Buffer.from([...Buffer.from('data:a'), 0xff, 0xc3, ...Buffer.from('b\n\n')]),
    ['a\uFFFD\uFFFDb'],
  ],
  ['id without data', 'id: 1\n\ndata:2\n\n', ['2']],
  ['an id with NUL', 'id: 1\0\ndata:2\n\n', ['2']],
  ['retry and a bogus retry', 'retry:3000\nretry:x\ndata:x\n\n', ['x']],
  ['an event that has no data', 'event: test\n\ndata:x\n\n', ['x']],
  ['colons in the value', 'data:a:b: c\n\n', ['a:b: c']],
  ['blank lines only', '\n\n\r\n\r\n\r\r', []],
  ['nothing', '', []],
];

function decode(pieces: readonly Uint8Array[]): string[] {
  const decoder = new SseDecoder();
  return pieces.flatMap((piece) => decoder.decode(piece)).map(({ data }) => data);
}

describe('SseDecoder', () => {
  for (const [cutName, cut] of Object.entries(cuts)) {
    for (const [name, stream, data] of VECTORS) {
      it(`decodes ${name}, fed ${cutName}`, () => {
        expect(decode(cut(Buffer.from(stream)))).to.deep.equal(data);
      });
    }
  }

  it('decodes every vector the same however it is cut', () => {
    const anyVector = fc.constantFrom(...VECTORS);
    fc.assert(
      fc.property(anyVector, fc.array(fc.nat()), ([, stream, data], numbers) => {
        const bytes = Buffer.from(stream);
        const positions = numbers.map((number) => number % (bytes.length + 1));
        expect(decode(cutAt(bytes, positions))).to.deep.equal(data);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells the name of an event, for that event alone', () => {
    const messages = new SseDecoder().decode(Buffer.from('event: error\ndata: a\n\ndata: b\n\n'));
    expect(messages.map(({ event }) => event)).to.deep.equal(['error', undefined]);
  });

  for (const cutOff of ['data: x', 'data: x\n', 'data: x\r', 'data: x\r\n']) {
    it(`gives what the end cut off to those who ask: ${JSON.stringify(cutOff)}`, () => {
      const decoder = new SseDecoder();
      expect(decoder.decode(Buffer.from(`data: a\n\n${cutOff}`)).map(({ data }) => data)).to.deep.equal(['a']);
      expect(decoder.end()?.data).to.equal('x');
    });
  }

  it('gives nothing at the end of a whole stream', () => {
    const decoder = new SseDecoder();
    decoder.decode(Buffer.from('data: a\n\n'));
    expect(decoder.end()).to.equal(undefined);
  });

  it('refuses an event that never ends, after what was whole before it, and stays refusing', () => {
    const decoder = new SseDecoder();
    const endless = Buffer.alloc(9 * 1024 * 1024, 'x');
    const messages = decoder.decode(Buffer.concat([Buffer.from('data: a\n\ndata: '), endless]));
    expect(messages.map(({ data }) => data)).to.deep.equal(['a']);
    for (const act of [() => decoder.decode(endless), () => decoder.decode(Buffer.from('\n\n')), () => decoder.end()]) {
      expect(act).to.throw(LlmError).with.property('code', 'upstream_protocol');
    }
  });

  it('refuses an event of endlessly many lines', () => {
    const decoder = new SseDecoder();
    const lines = Buffer.from('data: xxxxxxxxxxxxxxxxxxxxxxxxx\n'.repeat(2048));
    expect(() => {
      for (let i = 0; i < 200; i += 1) decoder.decode(lines);
    }).to.throw(LlmError);
  });

  it('takes a long event in small pieces in a time that grows with its length only', () => {
    const decoder = new SseDecoder();
    const piece = Buffer.alloc(1024, 'x');
    decoder.decode(Buffer.from('data: '));
    for (let i = 0; i < 7 * 1024; i += 1) decoder.decode(piece);
    expect(decoder.decode(Buffer.from('\n\n'))[0]?.data).to.have.length(7 * 1024 * 1024);
  }).timeout(2000);
});
