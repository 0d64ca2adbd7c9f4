import { expect } from 'chai';
import { ChatFrames } from '../../../../../src/adapters/inbound/http/openai/chat-frames.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
import { aRun } from '../../../../support/builders.js';

const USAGE = { inputTokens: 11, outputTokens: 7, totalTokens: 18 };
const HEAD = '{"id":"chatcmpl-run1","object":"chat.completion.chunk","created":1767225600,"model":"gpt-4o","choices":[';
const chunk = (delta: string, finish = 'null') =>
  `data: ${HEAD}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
const opening = chunk('{"role":"assistant","content":""}');
const DONE = 'data: [DONE]\n\n';

type Unnumbered<Event> = Event extends RunEvent ? Omit<Event, 'sequence'> : never;

const text = (said: string) => ({ type: 'text-delta', text: said }) as const;
const end = (
  finishReason: 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'cancelled' | 'interrupted' | 'error',
) => ({ type: 'run-end', finishReason, usage: USAGE }) as const;
const piece = (callId: string, toolName: string, said: string) =>
  ({ type: 'call-arguments', callId, toolName, text: said }) as const;
const call = (callId: string, toolName: string, given = {}, requiresApproval = false) =>
  ({ type: 'tool-call', callId, toolName, arguments: given, requiresApproval }) as const;
const result = (callId: string) =>
  ({ type: 'tool-result', callId, toolName: 'x', status: 'ok', content: 'fine' }) as const;

function framesOf(events: readonly Unnumbered<RunEvent>[], includesUsage = false): string {
  const frames = new ChatFrames(aRun(), { model: 'gpt-4o', includesUsage });
  return frames.opening + events.map((event, index) => frames.frame({ ...event, sequence: index + 1 })).join('');
}

const begun = (index: number, id: string, name: string) =>
  chunk(
    `{"tool_calls":[{"index":${index},"id":"${id}","type":"function","function":{"name":"${name}","arguments":""}}]}`,
  );
const told = (index: number, said: string) =>
  chunk(`{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(said)}}}]}`);
const failure = { type: 'run-failure', code: 'upstream_timeout', message: 'Too slow', retryable: true } as const;

const TABLE: Readonly<Record<string, readonly [readonly Unnumbered<RunEvent>[], string]>> = {
  'a text, one chunk for each piece': [
    [text('Hel'), text('lo\n'), end('stop')],
    opening + chunk('{"content":"Hel"}') + chunk('{"content":"lo\\n"}') + chunk('{}', '"stop"') + DONE,
  ],
  'an answer without a word': [[end('length')], opening + chunk('{}', '"length"') + DONE],
  'a filtered answer': [[end('content_filter')], opening + chunk('{}', '"content_filter"') + DONE],
  'reasoning, under the name that most clients read': [
    [{ type: 'reasoning-delta', text: 'hm' }, text('Hi'), end('stop')],
    opening + chunk('{"reasoning_content":"hm"}') + chunk('{"content":"Hi"}') + chunk('{}', '"stop"') + DONE,
  ],
  'line ends of other readers, escaped': [
    [text('a\u2028b\u2029c\u0085d'), end('stop')],
    opening + chunk('{"content":"a\\u2028b\\u2029c\\u0085d"}') + chunk('{}', '"stop"') + DONE,
  ],
  'calls in pieces that come in turns, id and name once': [
    [
      text('Look'),
      piece('c1', 'read', '{"a'),
      piece('c2', 'list', '{'),
      piece('c1', 'read', '":1}'),
      piece('c2', 'list', '}'),
      call('c1', 'read', { a: 1 }),
      call('c2', 'list'),
      end('tool_calls'),
    ],
    opening +
      chunk('{"content":"Look"}') +
      begun(0, 'c1', 'read') +
      told(0, '{"a') +
      begun(1, 'c2', 'list') +
      told(1, '{') +
      told(0, '":1}') +
      told(1, '}') +
      chunk('{}', '"tool_calls"') +
      DONE,
  ],
  'a call without pieces, whole': [
    [piece('c1', 'read', '{}'), call('c1', 'read'), call('c2', 'list', { a: 'é' }), end('tool_calls')],
    opening +
      begun(0, 'c1', 'read') +
      told(0, '{}') +
      begun(1, 'c2', 'list') +
      told(1, '{"a":"é"}') +
      chunk('{}', '"tool_calls"') +
      DONE,
  ],
  'nothing of a call that the run has settled itself': [
    [
      text('So '),
      piece('c1', 'files/list', '{}'),
      call('c1', 'files/list'),
      call('c2', 'unknown'),
      result('c2'),
      result('c1'),
      text('it is.'),
      end('stop'),
    ],
    opening + chunk('{"content":"So "}') + chunk('{"content":"it is."}') + chunk('{}', '"stop"') + DONE,
  ],
  'a call of a server that a person has to allow': [
    [piece('c1', 'files/remove', '{}'), call('c1', 'files/remove', {}, true), end('tool_calls')],
    opening + begun(0, 'c1', 'files/remove') + told(0, '{}') + chunk('{}', '"tool_calls"') + DONE,
  ],
  'nothing of who answers, and of usage only what was asked for': [
    [{ type: 'agent-switched', from: 'a', to: 'b' }, { type: 'usage', usage: USAGE }, end('stop')],
    opening + chunk('{}', '"stop"') + DONE,
  ],
  'a failure as an error, and no [DONE]': [
    [text('Hel'), failure, end('error')],
    opening +
      chunk('{"content":"Hel"}') +
      'data: {"error":{"message":"Too slow","type":"server_error","param":null,"code":"upstream_timeout"}}\n\n',
  ],
  'a limit of this service as a cut answer': [
    [text('Hel'), { ...failure, code: 'output_limit' }, end('length')],
    opening + chunk('{"content":"Hel"}') + chunk('{}', '"length"') + DONE,
  ],
  'a run that was cancelled as an error': [
    [call('c1', 'read'), end('cancelled')],
    `${opening}data: {"error":{"message":"The run was cancelled before its end.","type":"invalid_request_error","param":null,"code":"cancelled"}}\n\n`,
  ],
  'a run that was interrupted as an error': [
    [end('interrupted')],
    `${opening}data: {"error":{"message":"The run was interrupted before its end.","type":"invalid_request_error","param":null,"code":"interrupted"}}\n\n`,
  ],
};

describe('chat completion chunks', () => {
  for (const [what, [events, frames]] of Object.entries(TABLE)) {
    it(`tell ${what}`, () => {
      expect(framesOf(events)).to.equal(frames);
      expect(framesOf(events)).to.equal(frames);
    });
  }

  it('tell the usage in a chunk of its own, and null in all others, where it is asked for', () => {
    const withNull = (frames: string) => frames.replaceAll('}]}\n', '}],"usage":null}\n');
    const usage = '"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}';
    expect(framesOf([text('Hi'), end('stop')], true)).to.equal(
      `${withNull(opening + chunk('{"content":"Hi"}') + chunk('{}', '"stop"'))}data: ${HEAD}],${usage}}\n\n${DONE}`,
    );
    const unknown = framesOf([{ ...end('stop'), usage: undefined }], true);
    expect(unknown).to.include('"choices":[],"usage":null}');
  });
});
