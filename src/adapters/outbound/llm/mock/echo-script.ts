import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import type { MockScript, MockStep } from './mock-gateway.js';

/** Repeats the last thing the user said, word by word; where that is `/think some words`, it thinks them before it says them. */
export function echoScript(delayMs: number): MockScript {
  return function* (prompt) {
    const said = prompt.findLast(({ role }) => role === 'user')?.content ?? '';
    const thought = THINK.exec(said)?.[1];
    if (thought !== undefined) yield* wordByWord(thought, 'reasoning', delayMs);
    yield* wordByWord(thought ?? said, 'text', delayMs);
    yield { type: 'batch', parts: [{ type: 'end', finishReason: 'stop' }] };
  };
}

/** Instructions, or a message that was not answered, may stand before it in a paragraph of their own. */
const THINK = /(?:^|\n\n)\/think\s+(\S.*)$/s;

function* wordByWord(words: string, type: 'text' | 'reasoning', delayMs: number): Generator<MockStep> {
  for (const word of words.split(/\s+/).filter(Boolean)) {
    yield { type: 'wait', milliseconds: delayMs };
    const part: CompletionPart = { type, text: `${word} ` };
    yield { type: 'batch', parts: [part] };
  }
}
