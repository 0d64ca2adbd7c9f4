import { expect } from 'chai';
import fc from 'fast-check';
import { cutText, MAX_CHUNK_BYTES, utf8Length } from '../../src/domain/token-chunk.js';

describe('text cut into chunks', () => {
  it('is left whole when it fits', () => {
    const text = '\u4e2d'.repeat(Math.floor(MAX_CHUNK_BYTES / 3));
    expect(cutText(text)).to.deep.equal([text]);
    expect(cutText('x'.repeat(MAX_CHUNK_BYTES))).to.have.length(1);
    expect(cutText('x'.repeat(MAX_CHUNK_BYTES + 1))).to.have.length(2);
  });

  it('fits, is well formed and joins to what it was, whatever it holds (property)', () => {
    const unit = fc.constantFrom('a', '\u00e9', '\u4e2d', '\u{1f600}');
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 30_000 }),
        (units, times) => {
          const text = units.join('').repeat(times);
          const pieces = cutText(text);
          expect(pieces.join('') === text).to.equal(true);
          for (const piece of pieces) {
            expect(Buffer.byteLength(piece)).to.be.within(1, MAX_CHUNK_BYTES);
            expect(piece.isWellFormed()).to.equal(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is measured as UTF-8 measures it (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).to.equal(Buffer.byteLength(text));
      }),
    );
  });
});
