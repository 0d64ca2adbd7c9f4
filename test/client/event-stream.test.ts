import { expect } from 'chai';
import { EventStream, type StreamEvent } from '../../client/src/event-stream.js';
import { cutAt, cuts } from '../support/cuts.js';

const STREAM = [
  '\ufeff: ok\n\n',
  'retry: 3515\n\n',
  'id: r-1\ndata: {"token":"né \u{1f600}"}\n\n',
  'id: r-2\r\ndata: one\r\ndata:two\r\n\r\n',
  'data: without an id\r\r',
  'id: with\0NUL\ndata\n\n',
  'event: other\nid:r-3\ndata:  two spaces\nretry: soon\nnonsense\n\n',
  'id: lost\n\n',
  'data: [DONE]\n\n',
  'data: never ended\n',
].join('');

const EVENTS: readonly StreamEvent[] = [
  { id: 'r-1', data: '{"token":"né \u{1f600}"}' },
  { id: 'r-2', data: 'one\ntwo' },
  { id: undefined, data: 'without an id' },
  { id: undefined, data: '' },
  { id: 'r-3', data: ' two spaces' },
  { id: undefined, data: '[DONE]' },
];

describe('the event stream of the client', () => {
  for (const [name, cut] of Object.entries(cuts)) {
    it(`gives the same events when it comes ${name}`, () => {
      expect(read(cut(new TextEncoder().encode(STREAM)))).to.deep.equal({ events: EVENTS, retries: [3515] });
    });
  }

  it('gives the same events wherever it is cut in two', () => {
    const bytes = new TextEncoder().encode(STREAM);
    for (let at = 0; at <= bytes.length; at += 1)
      expect(read(cutAt(bytes, [at])), `cut at ${at}`).to.deep.equal({ events: EVENTS, retries: [3515] });
  });

  it('refuses what goes on without an end of line, and what goes on without a blank one', () => {
    const megabyte = new TextEncoder().encode('x'.repeat(2 ** 20));
    expect(() => read(Array.from({ length: 33 }, () => megabyte))).to.throw(RangeError);
    const line = new TextEncoder().encode(`data: ${'x'.repeat(2 ** 20)}\n`);
    expect(() => read(Array.from({ length: 33 }, () => line))).to.throw(RangeError);
  });
});

function read(pieces: readonly Uint8Array[]) {
  const retries: number[] = [];
  const stream = new EventStream((milliseconds) => retries.push(milliseconds));
  return { events: pieces.flatMap((piece) => stream.push(piece)), retries };
}
