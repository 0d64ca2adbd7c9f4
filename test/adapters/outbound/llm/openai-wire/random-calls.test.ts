import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { handOverAnswer } from '../../../../../src/adapters/outbound/llm/openai-wire/hand-over-answer.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { NEVER } from '../../../../support/builders.js';
import { cutAt } from '../../../../support/cuts.js';
import { SeededRandom } from '../../../../support/seeded-random.js';

const TOOLS = ['read_file', 'ping', 'list_files'] as const;

const aCall = fc.record({
  name: fc.constantFrom(...TOOLS),
  written: fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  cuts: fc.array(fc.nat(), { maxLength: 6 }),
});

/** How a server tells its calls. */
const aManner = fc
  .record({
    index: fc.constantFrom<unknown>('number', 'text', 'first'),
    ids: fc.constantFrom('first', 'always', 'never', 'other'),
    names: fc.constantFrom('first', 'always', 'pieces'),
    form: fc.constantFrom('pieces', 'whole', 'object', 'message', 'document'),
    order: fc.constantFrom('in turn', 'interleaved', 'in one chunk'),
    isToldAgain: fc.boolean(),
    finishReason: fc.constantFrom('stop', 'length', 'tool_calls', 'function_call', 'tool_use'),
    text: fc.string({ maxLength: 5 }),
  })
  // Some servers make up an id for every piece. Then the name in the first tells which it is.
  .map((manner) => (manner.ids === 'other' ? { ...manner, names: 'first' } : manner));

const anAnswer = fc.record({
  calls: fc.array(aCall, { minLength: 1, maxLength: 4 }),
  manner: aManner,
  cuts: fc.array(fc.nat(), { maxLength: 30 }),
});

type ACall = typeof aCall extends fc.Arbitrary<infer Value> ? Value : never;
type AManner = typeof aManner extends fc.Arbitrary<infer Value> ? Value : never;

describe('random calls on the OpenAI wire', () => {
  const { seed } = new SeededRandom();

  it('are what the model asked for, however a server tells them and wherever the bytes are cut', () =>
    fc.assert(
      fc.asyncProperty(anAnswer, async ({ calls, manner, cuts }) => {
        const bytes = Buffer.from(bodyOf(calls, manner));
        const pieces = cutAt(
          bytes,
          cuts.map((cut) => cut % (bytes.length + 1)),
        );
        const parts = await read(pieces.filter(({ length }) => length > 0));
        const asked = parts.filter((part) => part.type === 'call');
        expect(asked.map(({ toolName, argumentsText }) => [toolName, JSON.parse(argumentsText)])).to.deep.equal(
          calls.map(({ name, written }) => [name, JSON.parse(JSON.stringify(written))]),
        );
        const ids = manner.ids === 'never' ? calls.map(() => undefined) : calls.map((_, index) => `c${index}`);
        expect(asked.map(({ callId }) => callId)).to.deep.equal(ids);
        expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).to.equal(manner.text);
        expect(parts.at(-1)?.type).to.equal('end');
      }),
      { seed, numRuns: 1000 },
    ));
});

async function read(pieces: readonly Uint8Array[]): Promise<readonly CompletionPart[]> {
  const parts: CompletionPart[] = [];
  const response = { status: 200, mediaType: 'text/event-stream', body: Readable.from(pieces) };
  const take = (batch: readonly CompletionPart[]) => void parts.push(...batch);
  await handOverAnswer(response, NEVER, take, new Set(TOOLS));
  return parts;
}

function bodyOf(calls: readonly ACall[], manner: AManner): string {
  const whole = calls.map((call, index) => entryOf(manner, index, 0, call.name, JSON.stringify(call.written)));
  const message = { role: 'assistant', content: manner.text, tool_calls: whole };
  const finish = { index: 0, finish_reason: manner.finishReason };
  if (manner.form === 'document') return JSON.stringify({ choices: [{ ...finish, message }] });
  const spoken = manner.text === '' ? [] : [{ content: manner.text }];
  const deltas =
    manner.form === 'message' ? [] : [...spoken, ...listsOf(calls, manner).map((tool_calls) => ({ tool_calls }))];
  const again = manner.isToldAgain || manner.form === 'message' ? { message } : {};
  const choices = [
    ...deltas.map((delta) => ({ index: 0, delta, finish_reason: null })),
    { ...finish, delta: {}, ...again },
  ];
  return [...choices.map((choice) => JSON.stringify({ choices: [choice] })), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('');
}

/** The entries, chunk by chunk. */
function listsOf(calls: readonly ACall[], manner: AManner): readonly (readonly unknown[])[] {
  const entries = calls.map((call, index) => entriesOf(call, index, manner));
  if (manner.order === 'in turn') return entries.flat().map((entry) => [entry]);
  const rounds = Math.max(...entries.map(({ length }) => length));
  const interleaved = Array.from({ length: rounds }, (_, round) =>
    entries.flatMap((own) => own.slice(round, round + 1)),
  );
  return manner.order === 'in one chunk' ? interleaved : interleaved.flat().map((entry) => [entry]);
}

function entriesOf({ name, written, cuts }: ACall, index: number, manner: AManner): readonly unknown[] {
  const text = JSON.stringify(written);
  if (manner.form === 'object') return [entryOf(manner, index, 0, name, written)];
  if (manner.form === 'whole') return [entryOf(manner, index, 0, name, text)];
  const borders = [0, ...cuts.map((cut) => cut % text.length).sort((one, other) => one - other), text.length];
  const pieces = borders.slice(1).map((border, at) => text.slice(borders[at], border));
  if (manner.names !== 'pieces') return pieces.map((piece, at) => entryOf(manner, index, at, name, piece));
  const names = [entryOf(manner, index, 0, name.slice(0, 3), ''), entryOf(manner, index, 1, name.slice(3), '')];
  return [...names, ...pieces.map((piece, at) => entryOf(manner, index, at + 2, '', piece))];
}

function entryOf(manner: AManner, index: number, at: number, name: string, written: unknown): unknown {
  const id = at === 0 || manner.ids === 'always' ? `c${index}` : manner.ids === 'other' ? `c${index}-${at}` : undefined;
  const isNamed = at === 0 || manner.names !== 'first';
  return {
    index: manner.index === 'text' ? String(index) : index,
    ...(manner.ids !== 'never' && { id }),
    function: { ...(isNamed && { name }), arguments: written },
  };
}
