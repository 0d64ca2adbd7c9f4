import { expect } from 'chai';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { LlmError } from '../../../../../src/domain/errors.js';

const STOP = chunk({ delta: {}, finish_reason: 'stop' });

/** In JSON: how the content of a delta is written, and the text it is. Reasoning stands in angle brackets. */
const CONTENTS: readonly (readonly [content: string, text: string])[] = [
  ['[{"type":"text","text":"Hello"}]', 'Hello'],
  ['[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]', 'Hello'],
  ['[{"type":"output_text","text":"Hel"},"lo",null,"",false]', 'Hello'],
  ['{"type":"text","text":"Hello"}', 'Hello'],
  ['[{"text":"Hello"}]', 'Hello'],
  ['[{"type":"text","text":{"value":"Hello","annotations":[]}}]', 'Hello'],
  ['{"parts":[{"text":"Hel"},{"text":"lo"}]}', 'Hello'],
  ['[{"type":"refusal","refusal":"No."}]', 'No.'],
  ['[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Hello"}]', '<Hm>Hello'],
  ['[{"type":"reasoning","text":"Hm"},{"text":"Ha","thought":true}]', '<Hm><Ha>'],
  ['[{"type":"text","text":"See "},{"type":"reference","reference_ids":[1],"text":"1"}]', 'See '],
  ['[{"type":"image_url","image_url":{"url":"data:"}},{"type":"a_new_one","data":"x"}]', ''],
  ['[{"type":"text"},{"type":"text","text":null},{}]', ''],
  ['[]', ''],
  ['{}', ''],
  ['null', ''],
  ['false', ''],
  ['true', 'true'],
  ['1', '1'],
  ['0', '0'],
  ['-0', '-0'],
  ['1.0', '1.0'],
  ['0.50', '0.50'],
  ['1e3', '1e3'],
  ['12345678901234567890', '12345678901234567890'],
  ['["See [",1,"]"]', 'See [1]'],
  ['[{"type":"text","text":2.50}]', '2.50'],
];

/** Each beside a text that is to be read all the same. */
const HARMLESS: readonly string[] = [
  '{"choices":[{"index":0,"delta":{"content":"Hello","refusal":false}}]}',
  '{"choices":[{"index":0,"delta":{"content":"Hello","refusal":{}}}]}',
  '{"choices":[{"index":0,"delta":{"content":"Hello","role":7,"tool_calls":"none"}}]}',
  '{"choices":[{"index":"0","delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":"1","delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":1,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":1.0,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":-1,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":null,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":{},"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"index":2,"delta":{"content":"C"}},{"index":1,"delta":{"content":"Hello"}}]}',
  '{"choices":[null,{"index":0,"delta":{"content":"Hello"}}]}',
  '{"choices":[{"delta":"Hello"}]}',
  '{"choices":[{"delta":[{"type":"text","text":"Hello"}]}]}',
  '{"choices":[{"text":"Hello"}]}',
  '{"choices":[{"delta":{},"text":"Hello"}]}',
  '{"choices":{"delta":{"content":"Hello"}}}',
  '[{"choices":[{"delta":{"content":"Hello"}}]}]',
  '{"message":{"content":"Hello"}}',
  '{"choices":[{"message":"Hello"}]}',
  '{"choices":[{"delta":{},"message":{"content":"Hello"}}]}',
  '{"choices":[{"delta":{"content":"Hello"},"message":[]}]}',
  ...['false', '0', '[]', '{}', 'null', '""', '"null"', '"none"'].map(
    (word) => `{"choices":[{"delta":{"content":"Hello"},"finish_reason":${word}}]}`,
  ),
  ...['[]', '0', '"many"', '{"prompt_tokens":"many"}', '{"prompt_tokens":-1}'].map(
    (usage) => `{"choices":[{"delta":{"content":"Hello"}}],"usage":${usage}}`,
  ),
];

/** Says nothing, and breaks nothing. */
const SILENT: readonly string[] = [
  '{"choices":[{"index":0,"delta":[]}]}',
  '{"choices":[{"index":0,"delta":""}]}',
  '{"choices":[{"index":0,"delta":0}]}',
  '{"choices":[{"index":0,"delta":false,"message":[]}]}',
  '{"choices":{}}',
  '{"choices":""}',
  '{"choices":[null]}',
  '{"choices":[[]]}',
  '{}',
  '{"type":"ping"}',
  '{"type":"ping","message":"alive"}',
  '{"code":0,"message":"success"}',
  'null',
  'true',
  '1',
  '""',
  '"ping"',
  '[]',
  '[null]',
  'ping',
  'PING',
  'keep-alive',
  'keep alive',
  'heartbeat',
  ': OPENROUTER PROCESSING',
  'OPENROUTER PROCESSING',
  '.',
  'None',
  '2026-11-27T01:49:57.123Z',
  'Fri, 27 Nov 2026 01:49:57 GMT',
  'ping - 2026-11-27 01:49:57.123456+00:00',
];

const NO_ERRORS: readonly string[] = [
  '{}',
  '[]',
  'null',
  'false',
  '""',
  '0',
  '[{}]',
  '{"code":0,"message":"ok"}',
  '{"code":"0","message":"OK"}',
  '{"code":0,"message":"成功"}',
  '{"code":null,"message":null}',
  '{"message":"","type":null,"param":null,"code":null}',
  '{"code":200}',
  '{"code":"200","message":"","request_id":"r1"}',
  '{"code":"success"}',
  '{"status":"ok"}',
  '"none"',
  '"no error"',
  '{"error":{}}',
];

const ERRORS: readonly string[] = [
  'true',
  '1',
  '500',
  '"500"',
  '"Overloaded"',
  '[1]',
  '{"code":500}',
  '{"code":0,"message":"The engine has died."}',
  '{"type":"overloaded_error"}',
  '{"what":"something"}',
];

describe('an odd answer', () => {
  for (const [content, text] of CONTENTS) {
    it(`has the text ${JSON.stringify(text)} where its content is ${content}`, () => {
      expect(outcomeOf([`{"choices":[{"index":0,"delta":{"content":${content}}}]}`, STOP])).to.equal(`${text}, stop`);
      expect(wholeOf(`{"choices":[{"message":{"content":${content}},"finish_reason":"stop"}]}`)).to.equal(
        `${text}, stop`,
      );
    });
  }

  for (const content of ['{"a":"b"}', '[{"value":{"a":"b"}}]', `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) {
    it(`fails where its content cannot be read: ${content.slice(0, 30)}`, () => {
      expect(outcomeOf([`{"choices":[{"delta":{"content":${content}}}]}`, STOP])).to.equal(', upstream_protocol');
    });
  }

  for (const data of HARMLESS) {
    it(`is read all the same: ${data}`, () => {
      expect(outcomeOf([data, STOP.replace('"index":0,', '')])).to.equal('Hello, stop');
      expect(wholeOf(data)).to.equal('Hello, stop');
    });
  }

  for (const data of SILENT) {
    it(`loses nothing by what says nothing: ${data}`, () => {
      expect(outcomeOf([data, text('Hel'), data, text('lo'), STOP, data, '[DONE]'])).to.equal('Hello, stop');
      expect(outcomeOf([text('Hel'), data])).to.equal('Hel, upstream_truncated');
    });
  }

  for (const choices of ['{}', '[]', 'null', '""', '0', 'false', '[null]', '[{}]', '{"delta":[]}']) {
    it(`keeps the usage beside choices that say nothing: ${choices}`, () => {
      const usage = `{"choices":${choices},"usage":{"prompt_tokens":1,"completion_tokens":2}}`;
      expect(outcomeOf([text('Hello'), usage, STOP, '[DONE]'])).to.equal('Hello(1+2), stop');
      expect(outcomeOf([text('Hello'), STOP, usage, '[DONE]'])).to.equal('Hello(1+2), stop');
    });
  }

  for (const data of [
    '{"choices":[{"delta',
    '{ping}',
    '[{"choices"',
    'Hello',
    'Internal Server Error',
    '"Hello"',
    '["Hello"]',
  ])
    it(`fails on what may be a text or an error that cannot be read: ${data}`, () => {
      expect(outcomeOf([text('Hel'), data, '[DONE]'])).to.equal('Hel, upstream_protocol');
    });

  for (const error of NO_ERRORS) {
    it(`takes an error field for none that says nothing: ${error}`, () => {
      const chunks = [
        `{"error":${error},"choices":[{"delta":{"content":"Hello"},"error":${error}}]}`,
        `{"error":${error}}`,
      ];
      expect(outcomeOf([...chunks, STOP])).to.equal('Hello, stop');
      expect(wholeOf(`{"error":${error},"choices":[{"message":{"content":"Hello"}}]}`)).to.equal('Hello, stop');
    });
  }

  for (const error of ERRORS) {
    it(`takes an error field for one that says anything: ${error}`, () => {
      expect(outcomeOf([text('Hel'), `{"error":${error}}`, '[DONE]'])).to.match(/^Hel, upstream_/);
      expect(outcomeOf([`{"choices":[{"delta":{},"error":${error}}]}`, '[DONE]'])).to.match(/^, upstream_/);
    });
  }

  it('takes the code and message of a success beside its choices for none', () => {
    expect(outcomeOf(['{"code":0,"message":"success","choices":[{"delta":{"content":"Hello"}}]}', STOP])).to.equal(
      'Hello, stop',
    );
    expect(outcomeOf([text('Hel'), '{"code":500,"message":"no","choices":[]}', '[DONE]'])).to.match(/^Hel, upstream_/);
  });

  for (const event of ['ping', 'PING', 'heartbeat', 'keep-alive', 'keepalive']) {
    it(`passes over an event named ${event}, whatever it carries`, () => {
      for (const data of ['2026-11-27 01:49:57', 'still here', '{"type":"ping', '{"message":"alive"}', '']) {
        const answer = new Answer();
        answer.accept([{ event, data }, { data: text('Hello') }, { data: STOP }]);
        expect(endingOf(answer)).to.equal('stop');
      }
    });
  }

  describe('that repeats itself', () => {
    const whole = (content: unknown, more = {}) => chunk({ ...more, message: { role: 'assistant', content } });
    const CASES: readonly (readonly [name: string, data: readonly string[], outcome: string])[] = [
      [
        'with its last chunk',
        [text('Hello'), text(' you'), whole('Hello you', { finish_reason: 'stop' })],
        'Hello you, stop',
      ],
      ['with an empty delta', [text('Hello'), whole('Hello', { delta: {}, finish_reason: 'stop' })], 'Hello, stop'],
      ['in parts', [text('Hello'), whole([{ type: 'text', text: 'Hello' }]), STOP], 'Hello, stop'],
      [
        'with every chunk',
        [whole('Hel', { delta: { content: 'Hel' } }), whole('Hello', { delta: { content: 'lo' } }), STOP],
        'Hello, stop',
      ],
      [
        'piece by piece',
        [whole('Hel', { delta: { content: 'Hel' } }), whole('lo', { delta: { content: 'lo' } }), STOP],
        'Hello, stop',
      ],
      ['without its blanks', [text('Hello '), whole('Hello'), STOP], 'Hello , stop'],
      ['and goes on', [text('Hello'), whole('Hello you'), whole('Hello you'), STOP], 'Hello you, stop'],
      ['in a form that cannot be read', [text('Hello'), whole({ a: 'b' }), STOP], 'Hello, stop'],
      ['otherwise', [text('Hello'), whole('Good day'), STOP], 'Hello, stop'],
      [
        'with its reasoning',
        [
          chunk({ delta: { reasoning: 'Hm' } }),
          text('Hello'),
          chunk({ message: { reasoning: 'Hm', content: 'Hello' } }),
          STOP,
        ],
        '<Hm>Hello, stop',
      ],
      ['outside of its choices', [text('Hello'), '{"message":{"content":"Hello"}}', STOP], 'Hello, stop'],
    ];
    for (const [name, data, outcome] of CASES) {
      it(`is read once: ${name}`, () => {
        expect(outcomeOf(data)).to.equal(outcome);
      });
    }

    it('is read piece by piece where there are messages alone', () => {
      expect(outcomeOf([whole('ha'), whole('ha'), STOP])).to.equal('haha, stop');
    });
  });

  describe('that reasons', () => {
    const CASES: readonly (readonly [delta: unknown, said: string])[] = [
      [{ reasoning_content: 'Hm', content: 'Hello' }, '<Hm>Hello'],
      [{ reasoning: 'Hm' }, '<Hm>'],
      [{ reasoning: 'Hm', reasoning_content: 'Hm' }, '<Hm>'],
      [{ reasoning: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] }, '<Hm>'],
      [{ reasoning: null, reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm' }] }, '<Hm>'],
      [{ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }, '<>'],
      [{ thinking: 'Hm' }, '<Hm>'],
      [{ reasoning: { content: 'Hm' } }, '<Hm>'],
      [{ reasoning_content: '', reasoning: null, reasoning_details: [], thinking: false }, ''],
    ];
    for (const [delta, said] of CASES) {
      it(`tells it apart from its text: ${JSON.stringify(delta)}`, () => {
        expect(outcomeOf([chunk({ delta }), text('.'), STOP])).to.equal(`${said}., stop`);
      });
    }

    it('is empty where it only did that', () => {
      expect(outcomeOf([chunk({ delta: { reasoning: 'Hm' } }), '[DONE]'])).to.equal('<Hm>, upstream_empty');
      expect(outcomeOf([chunk({ delta: { reasoning: 'Hm' }, finish_reason: 'length' }), '[DONE]'])).to.equal(
        '<Hm>, length',
      );
    });
  });
});

function chunk(choice: unknown): string {
  return JSON.stringify({ choices: [{ index: 0, ...Object(choice) }] });
}

function text(content: string): string {
  return JSON.stringify({ choices: [{ delta: { content } }] });
}

function outcomeOf(data: readonly string[]): string {
  const answer = new Answer();
  const parts = answer.accept(data.map((one) => ({ data: one })));
  return `${parts.map(shown).join('')}, ${endingOf(answer)}`;
}

function wholeOf(document: string): string {
  const answer = new Answer();
  const parts = answer.acceptWhole(document);
  return `${parts.map(shown).join('')}, ${endingOf(answer)}`;
}

function shown(part: CompletionPart): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'reasoning') return `<${part.text}>`;
  if (part.type === 'usage') return `(${part.usage.inputTokens}+${part.usage.outputTokens})`;
  return part.type === 'end' ? part.finishReason : '';
}

function endingOf(answer: Answer): string {
  try {
    return answer.end().map(shown).join('');
  } catch (error) {
    return error instanceof LlmError ? error.code : String(error);
  }
}
