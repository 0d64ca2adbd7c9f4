import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { handOverAnswer } from '../../../../../src/adapters/outbound/llm/openai-wire/hand-over-answer.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { NEVER } from '../../../../support/builders.js';
import { cutAt } from '../../../../support/cuts.js';
import { SeededRandom } from '../../../../support/seeded-random.js';

/** One chunk on the wire, and what it adds to the text. */
interface Chunk {
  readonly wire: unknown;
  readonly text: string;
}

/** Any code units: also half of a surrogate pair, which JSON can carry. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
);

const unknownFields = fc.dictionary(
  fc.string({ maxLength: 5 }).map((name) => `x_${name}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 2 },
);

/** Content in the shapes it comes in, and the text it is. */
const aContent: fc.Arbitrary<Chunk> = fc.oneof(
  { weight: 4, arbitrary: anyText.map((text) => ({ wire: text, text })) },
  fc.constantFrom<Chunk>({ wire: null, text: '' }, { wire: undefined, text: '' }, { wire: [], text: '' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => ({ wire: number, text: JSON.stringify(number) })),
  anyText.map((text) => ({ wire: { type: 'text', text }, text })),
  fc.array(anyText, { maxLength: 3 }).map((texts) => ({
    wire: [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      ...texts.map((text) => ({ type: 'text', text })),
    ],
    text: texts.join(''),
  })),
);

const aDelta = fc
  .record({
    content: aContent,
    role: fc.constantFrom<unknown>('assistant', undefined, null, 7),
    refusal: fc.constantFrom<unknown>(undefined, null, false, {}, []),
    reasoning_content: fc.oneof(anyText, fc.constantFrom<unknown>(undefined, null, false, [])),
    more: unknownFields,
  })
  .map(({ more, content: { wire: content, text }, ...delta }) => ({ wire: { ...more, ...delta, content }, text }));

const anotherChoice = fc.record({ index: fc.integer({ min: 1, max: 3 }), delta: aDelta.map(({ wire }) => wire) });
const usage = fc.oneof(
  fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() }),
  fc.constant(null),
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 1 }),
);

const aTextChunk: fc.Arbitrary<Chunk> = fc
  .record({
    delta: aDelta,
    others: fc.array(anotherChoice, { maxLength: 2 }),
    first: fc.boolean(),
    index: fc.constantFrom<unknown>(0, 0, '0', null, undefined),
    notYet: fc.constantFrom<unknown>(null, undefined, false, '', 'null', {}),
    error: fc.constantFrom<unknown>(undefined, null, false, {}, [], { code: 0, message: 'ok' }),
    usage,
    more: unknownFields,
  })
  .map(({ delta: { wire: delta, text }, others, first, index, notYet, usage: used, error, more }) => {
    const own = { index, delta, finish_reason: notYet };
    return { wire: { ...more, error, choices: first ? [own, ...others] : [...others, own], usage: used }, text };
  });

const aTextlessChunk: fc.Arbitrary<Chunk> = fc
  .oneof(
    usage.map((used) => ({ choices: [], usage: used })),
    anotherChoice.map((choice) => ({ choices: [choice] })),
    unknownFields,
    fc.constantFrom(
      { choices: null },
      { choices: [{ index: 0 }] },
      { choices: [{ index: 0, delta: null, finish_reason: '' }] },
      { choices: {} },
      { error: {} },
      null,
      [],
      1,
      'ping',
    ),
  )
  .map((wire) => ({ wire, text: '' }));

const anAnswer = fc.record({
  chunks: fc.array(fc.oneof({ weight: 3, arbitrary: aTextChunk }, aTextlessChunk), { maxLength: 12 }),
  finishReason: fc.constantFrom('stop', 'length', 'content_filter', 'a_new_one', undefined),
  late: fc.array(aTextChunk, { maxLength: 2 }),
  isDone: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  cuts: fc.array(fc.nat(), { maxLength: 30 }),
});

type AnAnswer = typeof anAnswer extends fc.Arbitrary<infer Value> ? Value : never;

describe('random answers on the OpenAI wire', () => {
  const { seed } = new SeededRandom();

  it('are exactly their text and one ending, whatever else the chunks hold and wherever they are cut', () =>
    fc.assert(
      fc.asyncProperty(anAnswer, async (answer) => {
        const bytes = Buffer.from(streamOf(answer));
        const pieces = cutAt(
          bytes,
          answer.cuts.map((cut) => cut % (bytes.length + 1)),
        );
        expect(await read(pieces.filter(({ length }) => length > 0))).to.deep.equal(outcomeOf(answer));
      }),
      { seed, numRuns: 500 },
    ));
});

/** Says which choice is meant. */
const ROLE = { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };

function streamOf({ chunks, finishReason, late, isDone, lineEnd }: AnAnswer): string {
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: finishReason }] };
  const behind = finishReason === undefined ? [] : [finish, ...late.map(({ wire }) => wire)];
  const data = [ROLE, ...chunks.map(({ wire }) => wire), ...behind].map((wire) => JSON.stringify(wire));
  return [...data, ...(isDone ? ['[DONE]'] : [])].map((text) => `data: ${text}${lineEnd}${lineEnd}`).join('');
}

/** The text, and the endings: one, or the code of the error in its place. */
function outcomeOf({ chunks, finishReason, late, isDone }: AnAnswer) {
  const said = finishReason === undefined ? chunks : [...chunks, ...late];
  const text = said.map((chunk) => chunk.text).join('');
  if (finishReason !== undefined) return { text, endings: [finishReason === 'a_new_one' ? 'stop' : finishReason] };
  if (!isDone) return { text, endings: ['upstream_truncated'] };
  return { text, endings: [text === '' ? 'upstream_empty' : 'stop'] };
}

async function read(pieces: readonly Uint8Array[]) {
  let text = '';
  const endings: string[] = [];
  const response = { status: 200, mediaType: 'application/json', body: Readable.from(pieces) };
  try {
    await handOverAnswer(response, NEVER, (batch) => {
      expect(batch).not.to.have.length(0);
      for (const part of batch) {
        if (part.type === 'text') text += part.text;
        if (part.type === 'end') endings.push(part.finishReason);
      }
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof LlmError)) throw error;
    endings.push(error.code);
  }
  return { text, endings };
}
