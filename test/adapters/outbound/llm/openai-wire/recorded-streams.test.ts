import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import { SseDecoder } from '../../../../../src/adapters/outbound/llm/openai-wire/sse-decoder.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../../src/domain/errors.js';
import { cutAt, cuts } from '../../../../support/cuts.js';

/** What an answer comes to: its text, and its ending (usage, then the reason) or its error's code. */
interface Outcome {
  readonly text: string;
  readonly ending: readonly unknown[];
}

const STREAMS: Readonly<Record<string, Outcome>> = {
  'openai-usage': { text: 'The capital of France is **Paris**.', ending: [[14, 9, 23], 'stop'] },
  'openai-refusal': { text: "I'm sorry, I can't assist with that.", ending: ['stop'] },
  'openai-rate-limit': { text: 'One moment', ending: ['upstream_rate_limited'] },
  'vllm-length': { text: 'Counting: 1, 2, 3', ending: [[31, 8, 39], 'length'] },
  'vllm-reasoning-cjk-emoji': { text: '你好，世界！👩‍👩‍👧‍👦🇫🇷 e\u0301 ok', ending: ['stop'] },
  'vllm-error': { text: 'Half an', ending: ['upstream_error'] },
  'proxy-sse-starlette': { text: 'Hello, you said: "grüß dich"', ending: ['stop'] },
  'proxy-error': { text: 'Hel', ending: ['upstream_error'] },
  'openrouter-comments-cut-done': { text: 'Slow but sure', ending: [[3, 3, 6], 'stop'] },
  truncated: { text: 'This breaks off in the', ending: ['upstream_truncated'] },
  'finish-without-done': { text: 'No done', ending: ['stop'] },
  'cr-only-bom': { text: 'Old Mac 🙂', ending: ['stop'] },
  'emoji-across-deltas': { text: 'A🙂B', ending: ['stop'] },
  'multi-line-data': { text: 'two lines, no space', ending: ['content_filter'] },
  'tool-call': { text: '', ending: ['unsupported_tool_call'] },
};

describe('recorded OpenAI-wire streams', () => {
  const recordings = new Map<string, Uint8Array>();

  before(async () => {
    for (const name of Object.keys(STREAMS)) {
      recordings.set(name, await readFile(`test/fixtures/openai-wire/${name}.sse`));
    }
  });
  const recording = (name: string) => recordings.get(name) ?? new Uint8Array();

  for (const [cutName, cut] of Object.entries(cuts)) {
    for (const [name, outcome] of Object.entries(STREAMS)) {
      it(`come to their outcome: ${name}, fed ${cutName}`, () => {
        expect(outcomeOf(cut(recording(name)))).to.deep.equal(outcome);
      });
    }
  }

  it('come to the same outcome however they are cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(STREAMS)), fc.array(fc.nat(), { maxLength: 40 }), (name, numbers) => {
        const bytes = recording(name);
        const pieces = cutAt(
          bytes,
          numbers.map((number) => number % (bytes.length + 1)),
        );
        expect(outcomeOf(pieces)).to.deep.equal(STREAMS[name]);
      }),
      { numRuns: 1000 },
    );
  });

  it('are cut off anywhere without an answer that only looks whole', () => {
    const bytes = recording('vllm-reasoning-cjk-emoji');
    const { text } = outcomeOf([bytes]);
    for (let length = 0; length < bytes.length; length += 1) {
      const cutShort = outcomeOf([bytes.subarray(0, length)]);
      expect(text.startsWith(cutShort.text)).to.equal(true);
      if (cutShort.ending[0] === 'stop') expect(cutShort.text).to.equal(text);
      else expect(cutShort.ending).to.deep.equal(['upstream_truncated']);
    }
  });
});

function outcomeOf(pieces: readonly Uint8Array[]): Outcome {
  const decoder = new SseDecoder();
  const answer = new Answer();
  const parts: CompletionPart[] = pieces.flatMap((piece) => answer.accept(decoder.decode(piece)));
  answer.acceptCutOff(decoder.end());
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return { text, ending: [...lastUsageOf(parts), ...endingOf(answer)] };
}

function lastUsageOf(parts: readonly CompletionPart[]): number[][] {
  const last = parts.findLast((part) => part.type === 'usage');
  return last === undefined ? [] : [[last.usage.inputTokens, last.usage.outputTokens, last.usage.totalTokens]];
}

function endingOf(answer: Answer): unknown[] {
  try {
    return answer.end().map((part) => (part.type === 'end' ? part.finishReason : part));
  } catch (error) {
    return [error instanceof LlmError ? error.code : error];
  }
}
