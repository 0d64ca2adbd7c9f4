import { expect } from 'chai';
import fc from 'fast-check';
import { isChunk, isUsage } from '../../../../../src/adapters/outbound/llm/openai-wire/chunk.js';
import { SeededRandom } from '../../../../support/seeded-random.js';
import { chunkSchema, usageSchema } from './chunk-schema.js';

const odd = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, Number.POSITIVE_INFINITY, '', 'x', [], {}, [{}], 2 ** 60);
const orOdd = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: odd });
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => orOdd(fc.record(fields, { requiredKeys: [] }));

const text = orOdd(fc.string());
const count = orOdd(fc.nat());
const delta = some({ content: text, refusal: text, role: text });
const choice = some({ index: count, delta, message: delta, finish_reason: text });
const usage = some({ prompt_tokens: count, completion_tokens: count, total_tokens: count });
const chunk = some({ object: text, error: odd, choices: orOdd(fc.array(choice, { maxLength: 3 })), usage });

describe('a chunk, told by hand', () => {
  const { seed } = new SeededRandom();

  it('is one exactly where the schema says so', () => {
    const seen = { chunk: 0, none: 0 };
    fc.assert(
      fc.property(chunk, (value) => {
        const is = chunkSchema.safeParse(value).success;
        seen[is ? 'chunk' : 'none'] += 1;
        expect(isChunk(value)).to.equal(is);
      }),
      { seed, numRuns: 20_000 },
    );
    expect(Math.min(seen.chunk, seen.none)).to.be.greaterThan(1000);
  });

  it('has a usage exactly where the schema says so', () => {
    fc.assert(
      fc.property(usage, (value) => {
        expect(isUsage(value)).to.equal(usageSchema.safeParse(value).success);
      }),
      { seed, numRuns: 5000 },
    );
  });
});
