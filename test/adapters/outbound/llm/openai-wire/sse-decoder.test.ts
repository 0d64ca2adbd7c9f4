import { expect } from 'chai';
import fc from 'fast-check';
import { SseDecoder } from '../../../../../src/adapters/outbound/llm/openai-wire/sse-decoder.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { cutAt, cuts } from '../../../../support/cuts.js';
import { anEventStream, type GeneratedStream } from '../../../../support/event-streams.js';
import { SeededRandom } from '../../../../support/seeded-random.js';
import { ownVectors, platformVectors } from './event-stream-vectors.js';

/** Those that end lines, fields and characters, or begin a BOM. */
const BYTES_THAT_MATTER = [...Buffer.from('data: id\r\n\r\n\uFEFF🙂'), 0xff, 0xc3];

const VECTORS = [...platformVectors, ...ownVectors];

function decode(pieces: readonly Uint8Array[]): GeneratedStream['messages'] {
  const decoder = new SseDecoder();
  const messages = pieces.flatMap((piece) => decoder.decode(piece));
  return messages.map(({ event, data }) => (event === undefined ? { data } : { event, data }));
}

/** The bytes, and where to cut them. */
const withCuts = (bytes: Uint8Array) => fc.array(fc.nat(bytes.length), { maxLength: 40 });

describe('SseDecoder', () => {
  const random = new SeededRandom();
  const { seed } = random;

  for (const [cutName, cut] of Object.entries(cuts)) {
    for (const { name, stream, messages } of VECTORS) {
      it(`decodes ${name}, fed ${cutName}`, () => {
        expect(decode(cut(Buffer.from(stream)))).to.deep.equal(messages);
      });
    }
  }

  for (const { name, stream, messages } of VECTORS) {
    it(`decodes ${name}, cut at random`, () => {
      const bytes = Buffer.from(stream);
      for (let turn = 0; turn < 100; turn += 1) {
        const positions = Array.from({ length: random.whole(12) }, () => random.whole(bytes.length + 1));
        expect(decode(cutAt(bytes, positions)), `seed ${seed}, cut at ${positions}`).to.deep.equal(messages);
      }
    });
  }

  it('makes of any bytes what it makes of them in one piece, wherever they are cut', () => {
    const anyBytes = fc.oneof(
      anEventStream.map(({ bytes }) => bytes),
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom(...BYTES_THAT_MATTER), { maxLength: 80 }).map((bytes) => Uint8Array.from(bytes)),
    );
    const bytesWithCuts = anyBytes.chain((bytes) => fc.tuple(fc.constant(bytes), withCuts(bytes)));
    fc.assert(
      fc.property(bytesWithCuts, ([bytes, positions]) => {
        expect(decode(cutAt(bytes, positions))).to.deep.equal(decode([bytes]));
      }),
      { seed, numRuns: 1000 },
    );
  });

  it('makes of any stream of the grammar the messages it was made of, wherever it is cut', () => {
    const streamWithCuts = anEventStream.chain((stream) => fc.tuple(fc.constant(stream), withCuts(stream.bytes)));
    fc.assert(
      fc.property(streamWithCuts, ([{ bytes, messages }, positions]) => {
        expect(decode(cutAt(bytes, positions))).to.deep.equal(messages);
      }),
      { seed, numRuns: 1000 },
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
