import { expect } from 'chai';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../../src/domain/errors.js';

const HELLO = '{"choices":[{"index":0,"delta":{"content":"Hello"}}]}';
const STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';

/** What the messages' data comes to: text and `(usage)` as they come, and the ending or the error's code. */
const CASES: readonly (readonly [name: string, data: readonly string[], outcome: string])[] = [
  ['a whole answer', [HELLO, STOP, '[DONE]'], 'Hello, stop'],
  ['[DONE] with a line end', [HELLO, '[DONE]\n'], 'Hello, stop'],
  ['[DONE] twice, and text after it', [HELLO, ' [DONE] ', HELLO, '[DONE]'], 'Hello, stop'],
  ['an error after [DONE]', [HELLO, '[DONE]', '{"error":"late"}'], 'Hello, stop'],
  ['an error after the finish reason', [HELLO, STOP, '{"error":"late"}'], 'Hello, stop'],
  ['rubbish after the finish reason', [HELLO, STOP, '<html>'], 'Hello, stop'],
  ['a finish reason alone', [STOP], ', stop'],
  ['[DONE] alone', ['[DONE]'], ', upstream_empty'],
  [
    'empty content and [DONE]',
    ['{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}', '[DONE]'],
    ', upstream_empty',
  ],
  ['text without proof', [HELLO], 'Hello, upstream_truncated'],
  ['nothing', [], ', upstream_truncated'],
  ['pings alone', ['', ': ping', ':'], ', upstream_truncated'],
  [
    'text beside the finish reason',
    ['{"choices":[{"delta":{"content":"Hi"},"finish_reason":"length"}]}'],
    'Hi, length',
  ],
  ['text after the finish reason', [HELLO, STOP, HELLO], 'HelloHello, stop'],
  ['a second finish reason', [HELLO, '{"choices":[{"delta":{},"finish_reason":"length"}]}', STOP], 'Hello, length'],
  ['a finish reason nobody knows', [HELLO, '{"choices":[{"delta":{},"finish_reason":"a_new_one"}]}'], 'Hello, stop'],
  ['an empty finish reason', ['{"choices":[{"delta":{"content":"Hi"},"finish_reason":""}]}'], 'Hi, upstream_truncated'],
  [
    'a function call',
    ['{"choices":[{"delta":{},"finish_reason":"function_call"}]}', '[DONE]'],
    ', unsupported_tool_call',
  ],
  [
    'text beside a tool call',
    ['{"choices":[{"delta":{"content":"Hi"},"finish_reason":"tool_calls"}]}'],
    'Hi, unsupported_tool_call',
  ],
  [
    'content null, tool_calls null',
    ['{"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":null}}]}', HELLO, STOP],
    'Hello, stop',
  ],
  [
    'no delta, delta null, choices null, [] and absent',
    [
      '{"choices":[{"index":0}]}',
      '{"choices":[{"delta":null}]}',
      '{"choices":null}',
      '{"choices":[]}',
      '{}',
      HELLO,
      STOP,
    ],
    'Hello, stop',
  ],
  ['reasoning', ['{"choices":[{"delta":{"reasoning_content":"Hm","content":null}}]}', HELLO, STOP], '<Hm>Hello, stop'],
  ['a refusal', ['{"choices":[{"delta":{"refusal":"No."}}]}', STOP], 'No., stop'],
  [
    'content that is no text',
    [HELLO, '{"choices":[{"delta":{"content":{"a":"b"}}}]}', STOP],
    'Hello, upstream_protocol',
  ],
  [
    'another choice',
    [HELLO, '{"choices":[{"index":1,"delta":{"content":"B"},"finish_reason":"length"}]}', STOP],
    'Hello, stop',
  ],
  ['usage null', ['{"choices":[{"delta":{"content":"Hi"}}],"usage":null}', STOP], 'Hi, stop'],
  [
    'usage in every chunk',
    [
      '{"choices":[{"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
      STOP,
      '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":4}}',
    ],
    'Hi(1+1=2)(1+2=4), stop',
  ],
  ['usage without a total', [STOP, '{"usage":{"prompt_tokens":1,"completion_tokens":2}}'], '(1+2=3), stop'],
  ['an odd usage', [HELLO, '{"usage":{"prompt_tokens":"many"}}', STOP], 'Hello, stop'],
  [
    'a finish reason that is an error',
    [HELLO, '{"choices":[{"delta":{},"finish_reason":"error"}]}', '[DONE]'],
    'Hello, upstream_error',
  ],
  [
    'an error inside the choice',
    [HELLO, '{"choices":[{"delta":{},"error":{"code":502,"message":"no"},"finish_reason":"error"}]}', '[DONE]'],
    'Hello, upstream_error',
  ],
  [
    'an error without a name, and [DONE]',
    [HELLO, '{"code":500,"message":"Internal error"}', '[DONE]'],
    'Hello, upstream_error',
  ],
  ['error false', ['{"error":false,"choices":[{"delta":{"content":"Hi"}}]}', STOP], 'Hi, stop'],
  ['an error with code 429', [HELLO, '{"error":{"code":429,"message":null}}'], 'Hello, upstream_rate_limited'],
  ['an error with code "429"', ['{"error":{"code":"429"}}'], ', upstream_rate_limited'],
  ['an error with status 429', ['{"error":{"status":429}}'], ', upstream_rate_limited'],
  ['an error of type rate_limit_error', ['{"error":{"type":"rate_limit_error"}}'], ', upstream_rate_limited'],
  ['an error with a bare 429 beside it', ['{"error":"Too many","status":429}'], ', upstream_rate_limited'],
  ['an error with code 500', [HELLO, '{"error":{"code":500}}', '[DONE]'], 'Hello, upstream_error'],
  ['an error that is a text', ['{"error":"Internal server error"}', '[DONE]'], ', upstream_error'],
  ['an error that is a text within an answer', [HELLO, '{"error":"Internal error"}'], 'Hello, upstream_error'],
  ['an error that is anything', ['{"error":[[1]]}'], ', upstream_error'],
  ['error null', ['{"error":null,"choices":[{"delta":{"content":"Hi"}}]}', STOP], 'Hi, stop'],
  ["vLLM's error", ['{"object":"error","message":"no","type":"BadRequestError","code":400}'], ', upstream_rejected'],
  ['no JSON', [HELLO, '{"choices":[{"delta"'], 'Hello, upstream_protocol'],
  ['HTML', ['<!doctype html>'], ', upstream_protocol'],
  ['NaN', ['{"choices":NaN}'], ', upstream_protocol'],
  ['JSON that is a text', ['"Hello"'], ', upstream_protocol'],
];

describe('Answer', () => {
  for (const [name, data, outcome] of CASES) {
    it(`reads ${name}`, () => {
      const answer = new Answer();
      const parts = answer.accept(data.map((text) => ({ data: text })));
      expect(`${parts.map(shown).join('')}, ${endingOf(answer)}`).to.equal(outcome);
    });
  }

  it('takes an event named error for one, whatever its data', () => {
    for (const data of ['boom', '', '[DONE]', '{"message":"no"}', '{"choices":[]}']) {
      const answer = new Answer();
      answer.accept([{ event: 'error', data }]);
      expect(endingOf(answer)).to.equal('upstream_error');
    }
    const limited = new Answer();
    limited.accept([{ event: 'error', data: '{"message":"no","code":429}' }]);
    expect(endingOf(limited)).to.equal('upstream_rate_limited');
  });

  it('survives an error nested deeper than the stack is', () => {
    const answer = new Answer();
    answer.accept([{ data: `{"error":{"code":${'['.repeat(100_000)}${']'.repeat(100_000)}}}` }]);
    expect(endingOf(answer)).to.equal('upstream_error');
  });
});

function shown(part: CompletionPart): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'end') return part.finishReason;
  if (part.type === 'retry') return '(again)';
  if (part.type === 'reasoning') return `<${part.text}>`;
  if (part.type !== 'usage') return `[${part.toolName}]`;
  return `(${part.usage.inputTokens}+${part.usage.outputTokens}=${part.usage.totalTokens})`;
}

function endingOf(answer: Answer): string {
  try {
    return answer.end().map(shown).join(', ');
  } catch (error) {
    return error instanceof LlmError ? error.code : String(error);
  }
}
