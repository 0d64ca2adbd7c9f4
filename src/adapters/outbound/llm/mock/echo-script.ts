import type { MockScript } from './mock-gateway.js';

/** Repeats the last thing the user said, word by word. */
export function echoScript(delayMs: number): MockScript {
  return function* (prompt) {
    const said = prompt.findLast(({ role }) => role === 'user')?.content ?? '';
    for (const word of said.split(/\s+/).filter(Boolean)) {
      yield { type: 'wait', milliseconds: delayMs };
      yield { type: 'batch', parts: [{ type: 'text', text: `${word} ` }] };
    }
    yield { type: 'batch', parts: [{ type: 'end', finishReason: 'stop' }] };
  };
}
