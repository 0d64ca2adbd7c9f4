import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import type { ToolDefinition } from '../../../../domain/tool.js';
import { askFor, readWishes } from './call-script.js';
import type { MockScript, MockStep } from './mock-gateway.js';

/** Repeats the results of its calls, word by word, where they come last; else answers what the user said last. */
export function echoScript(delayMs: number): MockScript {
  return function* (prompt, tools) {
    const results = prompt.slice(prompt.findLastIndex(({ role }) => role !== 'tool') + 1);
    const said = prompt.findLast(({ role }) => role === 'user')?.content ?? '';
    if (results.length === 0) yield* answer(said, tools, delayMs);
    else yield* say(results.map(({ content }) => content).join(' '), delayMs);
  };
}

/** Repeats it; where it is `/think some words`, it thinks them before; where it is `/call NAME {"json":…}`, or several
 *  such lines, it asks for those tools. */
function* answer(said: string, tools: readonly ToolDefinition[], delayMs: number) {
  const wished = readWishes(said);
  const thought = THINK.exec(said)?.[1];
  if (wished !== undefined) {
    yield* wordByWord(wished.rest, 'text', delayMs);
    yield* askFor(wished.wishes, tools, delayMs);
  } else {
    if (thought !== undefined) yield* wordByWord(thought, 'reasoning', delayMs);
    yield* say(thought ?? said, delayMs);
  }
}

/** Instructions, or a message that was not answered, may stand before it in a paragraph of their own. */
const THINK = /(?:^|\n\n)\/think\s+(\S.*)$/s;

function* say(words: string, delayMs: number): Generator<MockStep> {
  yield* wordByWord(words, 'text', delayMs);
  yield { type: 'batch', parts: [{ type: 'end', finishReason: 'stop' }] };
}

function* wordByWord(words: string, type: 'text' | 'reasoning', delayMs: number): Generator<MockStep> {
  for (const word of words.split(/\s+/).filter(Boolean)) {
    yield { type: 'wait', milliseconds: delayMs };
    const part: CompletionPart = { type, text: `${word} ` };
    yield { type: 'batch', parts: [part] };
  }
}
