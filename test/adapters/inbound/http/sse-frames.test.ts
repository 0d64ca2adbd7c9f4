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
