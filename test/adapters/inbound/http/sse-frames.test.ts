import { expect } from 'chai';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { comment, event, eventWithoutId, retry } from '../../../../src/adapters/inbound/http/sse-frames.js';

describe('event stream frames', () => {
  it('are the lines of the format', () => {
    expect(comment('ping')).to.equal(': ping\n\n');
    expect(retry(3000)).to.equal('retry: 3000\n\n');
    expect(event('run-1', '{"a":1}')).to.equal('id: run-1\ndata: {"a":1}\n\n');
    expect(eventWithoutId('[DONE]')).to.equal('data: [DONE]\n\n');
  });

  it('are each on lines of their own for readers that take other characters for line ends too', () => {
    const LINE_ENDS = ['\n', '\r', '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029'];
    const character = fc.oneof(fc.constantFrom(...LINE_ENDS, '"', '\\', 'u2028'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(character), (characters) => {
        const text = characters.join('');
        const stream =
          event('run-1', JSON.stringify({ token: text })) + eventWithoutId(JSON.stringify({ token: text }));
        // As Python's str.splitlines cuts.
        const lines = stream.split(new RegExp(`\\r\\n|[${LINE_ENDS.join('')}]`));
        const data = lines.filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
        expect(lines).to.have.length(6);
        expect(data).to.deep.equal([{ token: text }, { token: text }]);
      }),
    );
  });

  it('hold those characters as escapes, and every other as it is', () => {
    expect(event('run-1', '"a\u0085b\u2028c\u2029dé🙂"')).to.equal(
      'id: run-1\ndata: "a\\u0085b\\u2028c\\u2029dé🙂"\n\n',
    );
  });

  it('give any parser back what they were made of, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        const stream = texts.map((text, index) => comment('ping') + event(`run-${index + 1}`, JSON.stringify(text)));
        const received: unknown[] = [];
        const parser = createParser({ onEvent: ({ id, data }) => received.push([id, JSON.parse(data)]) });
        parser.feed(retry(2000) + stream.join(''));
        expect(received).to.deep.equal(texts.map((text, index) => [`run-${index + 1}`, text]));
      }),
    );
  });
});
