import { expect } from 'chai';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import { CallDrafts } from '../../../../../src/adapters/outbound/llm/openai-wire/call-drafts.js';
import type { CompletionPart } from '../../../../../src/application/ports/llm-gateway.js';
import { MAX_REPLY_BYTES, ReplyTooLong } from '../../../../../src/application/reply-draft.js';
import { errorOf } from '../../../../support/builders.js';

const OFFERED = new Set(['read', 'read_file', 'ping', 'list']);
const STOP = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
const A = '{"path":"a"}';
const B = '{"path":"b"}';

const delta = (said: unknown) => ({ choices: [{ index: 0, delta: said, finish_reason: null }] });
const calls = (...entries: unknown[]) => delta({ tool_calls: entries });
const ended = (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] });
/** One entry, of what is given. */
const entry = (index?: unknown, id?: unknown, name?: unknown, written?: unknown) => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: written },
});
const unnumbered = (id?: unknown, name?: unknown, written?: unknown) => entry(undefined, id, name, written);

/** The chunks, and the calls they come to: id, name, arguments. */
type Case = readonly [name: string, chunks: readonly unknown[], calls: string];

/** What was told piece by piece cannot be taken back, so it does not come to the whole here. */
const LIKE_ALL_SO_FAR: readonly Case[] = [
  [
    'a piece that begins like all before it',
    [
      calls(entry(0, 'c1', 'list', '{"next":')),
      calls(entry(0, null, null, '{"next":{}}')),
      calls(entry(0, null, null, '}')),
    ],
    'c1 list {"next":{"next":{}}}',
  ],
  [
    'pieces that each begin like all before them',
    [
      calls(entry(0, 'c1', 'list', '{"a":[')),
      calls(entry(0, null, null, '{"a":[{"a":[')),
      calls(entry(0, null, null, ']}]}]}')),
    ],
    'c1 list {"a":[{"a":[{"a":[]}]}]}',
  ],
];

const PIECES: readonly Case[] = [
  [
    'pieces by index, as OpenAI sends them',
    [
      calls(entry(0, 'c1', 'read_file', '')),
      calls(entry(0, undefined, undefined, '{"pa')),
      calls(entry(0, null, null, 'th":"a"}')),
    ],
    `c1 read_file ${A}`,
  ],
  ['one piece', [calls(entry(0, 'c1', 'read_file', A))], `c1 read_file ${A}`],
  [
    'ids and names in every piece',
    [
      calls(entry(0, 'c1', 'read_file', '')),
      calls(entry(0, 'c1', 'read_file', '{"pa')),
      calls(entry(0, 'c1', 'read_file', 'th":"a"}')),
    ],
    `c1 read_file ${A}`,
  ],
  [
    'ids and names that are empty in later pieces',
    [calls(entry(0, 'c1', 'read_file', '{"pa')), calls(entry(0, '', '', 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  [
    'another id in every piece',
    [
      calls(entry(0, 'x1', 'read_file', '')),
      calls(entry(0, 'x2', null, '{"pa')),
      calls(entry(0, 'x3', null, 'th":"a"}')),
    ],
    `x1 read_file ${A}`,
  ],
  [
    'another id in every piece, and no index',
    [
      calls(unnumbered('x1', 'read_file')),
      calls(unnumbered('x2', null, '{"pa')),
      calls(unnumbered('x3', null, 'th":"a"}')),
    ],
    `x1 read_file ${A}`,
  ],
  [
    'no id',
    [calls(entry(0, undefined, 'read_file', '{"pa')), calls(entry(0, undefined, undefined, 'th":"a"}'))],
    `- read_file ${A}`,
  ],
  [
    'an id that comes late',
    [calls(entry(0, undefined, 'read_file', '{"pa')), calls(entry(0, 'c1', undefined, 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  ['an id that is a number', [calls(entry(0, 7, 'read_file', A))], `7 read_file ${A}`],
  ['an id that no store keeps', [calls(entry(0, 'c\u0000', 'ping', ''))], '- ping {}'],
  [
    'no index',
    [calls(unnumbered('c1', 'read_file', '{"pa')), calls(unnumbered(undefined, undefined, 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  [
    'an index that is a text',
    [calls(entry('0', 'c1', 'read_file', '{"pa')), calls(entry('0', undefined, undefined, 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  [
    'an index in the first piece only',
    [calls(entry(0, 'c1', 'read_file', '{"pa')), calls(unnumbered(null, null, 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  [
    'a name in pieces',
    [
      calls(entry(0, 'c1', 'read', '')),
      calls(entry(0, undefined, '_file', '')),
      calls(entry(0, undefined, undefined, A)),
    ],
    `c1 read_file ${A}`,
  ],
  [
    'a name that grows',
    [calls(entry(0, 'c1', 're', '')), calls(entry(0, 'c1', 'read_fi', '')), calls(entry(0, 'c1', 'read_file', A))],
    `c1 read_file ${A}`,
  ],
  [
    'a name behind the arguments',
    [calls(entry(0, 'c1', '', A)), calls(entry(0, 'c1', 'read_file', ''))],
    `c1 read_file ${A}`,
  ],
  [
    'arguments that grow',
    [
      calls(entry(0, 'c1', 'read_file', '{"pa')),
      calls(entry(0, 'c1', 'read_file', '{"path":"')),
      calls(entry(0, 'c1', 'read_file', A)),
    ],
    `c1 read_file ${A}`,
  ],
  [
    'an empty object before the arguments',
    [
      calls(entry(0, 'c1', 'read_file', '{}')),
      calls(entry(0, 'c1', null, '{"pa')),
      calls(entry(0, 'c1', null, 'th":"a"}')),
    ],
    `c1 read_file ${A}`,
  ],
  [
    'an empty object before the arguments, the name in both',
    [calls(entry(0, 'c1', 'read_file', {})), calls(entry(0, 'c1', 'read_file', A))],
    `c1 read_file ${A}`,
  ],
  [
    'a surrogate pair in two pieces',
    [calls(entry(0, 'c1', 'read_file', '{"path":"\ud83d')), calls(entry(0, null, null, '\ude42"}'))],
    'c1 read_file {"path":"🙂"}',
  ],
  [
    'blanks around arguments',
    [calls(entry(0, 'c1', 'read_file', '')), calls(entry(0, null, null, ' ')), calls(entry(0, null, null, ` ${A}\n`))],
    `c1 read_file  ${A}\n`,
  ],
];

const SHAPES: readonly Case[] = [
  ['arguments that are an object', [calls(entry(0, 'c1', 'read_file', { path: 'a' }))], `c1 read_file ${A}`],
  [
    'arguments named parameters',
    [calls({ index: 0, id: 'c1', function: { name: 'read_file', parameters: { path: 'a' } } })],
    `c1 read_file ${A}`,
  ],
  ['no function around it', [calls({ id: 'c1', name: 'read_file', arguments: A })], `c1 read_file ${A}`],
  ['no list around it', [delta({ tool_calls: entry(0, 'c1', 'read_file', A) })], `c1 read_file ${A}`],
  [
    'entries that say nothing',
    [calls(null, 'x', {}, entry(0, '', '', '')), calls(entry(0, 'c1', 'read_file', A)), calls({ index: 0 })],
    `c1 read_file ${A}`,
  ],
  ['an id and nothing more', [delta({ content: 'Hi' }), calls(entry(0, 'c1', '', ''))], ''],
  [
    'a function_call, in pieces',
    [
      delta({ function_call: { name: 'read_file', arguments: '{"pa' } }),
      delta({ function_call: { arguments: 'th":"a"}' } }),
      ended('function_call'),
    ],
    `- read_file ${A}`,
  ],
  [
    'a function_call beside tool_calls',
    [delta({ tool_calls: [entry(0, 'c1', 'read_file', A)], function_call: { name: 'read_file', arguments: A } })],
    `c1 read_file ${A}`,
  ],
  [
    'a function_call beside an empty list',
    [delta({ tool_calls: [], function_call: { name: 'read_file', arguments: A } })],
    `- read_file ${A}`,
  ],
  [
    'a whole message',
    [
      {
        choices: [
          {
            message: { content: null, tool_calls: [entry(undefined, 'c1', 'read_file', A)] },
            finish_reason: 'tool_calls',
          },
        ],
      },
    ],
    `c1 read_file ${A}`,
  ],
  [
    'a message without content and choices',
    [{ message: { tool_calls: [{ function: { name: 'read_file', arguments: { path: 'a' } } }] }, done: true }],
    `- read_file ${A}`,
  ],
  [
    'a whole message with a function_call',
    [
      {
        choices: [
          {
            message: { content: null, function_call: { name: 'read_file', arguments: A } },
            finish_reason: 'function_call',
          },
        ],
      },
    ],
    `- read_file ${A}`,
  ],
  ...['', undefined, null, false, ' ', {}, '{}'].map(
    (written): Case => [
      `arguments that are ${JSON.stringify(written)}`,
      [calls(entry(0, 'c1', 'ping', written))],
      'c1 ping {}',
    ],
  ),
  ...['{"path":', 'a', '[]', '"{}"', 'null', `${A}}`].map(
    (written): Case => [
      `the arguments ${written}`,
      [calls(entry(0, 'c1', 'read_file', written))],
      `c1 read_file ${written}`,
    ],
  ),
  ['arguments that are a list', [calls(entry(0, 'c1', 'read_file', ['a']))], 'c1 read_file ["a"]'],
  ['a tool that nobody offered', [calls(entry(0, 'c1', 'functions.read file', A))], `c1 functions_read_file ${A}`],
  ['no name at all', [calls(entry(0, 'c1', null, A))], `c1 unnamed ${A}`],
];

const BOTH = `c1 read_file ${A}, c2 read_file ${B}`;
const SEVERAL: readonly Case[] = [
  ['one after the other', [calls(entry(0, 'c1', 'read_file', A)), calls(entry(1, 'c2', 'read_file', B))], BOTH],
  ['in one chunk', [calls(entry(0, 'c1', 'read_file', A), entry(1, 'c2', 'read_file', B))], BOTH],
  ['in one chunk, without index', [calls(unnumbered('c1', 'read_file', A), unnumbered('c2', 'read_file', B))], BOTH],
  [
    'in one chunk, without index and id',
    [calls(unnumbered(null, 'read_file', A), unnumbered(null, 'read_file', B))],
    `- read_file ${A}, - read_file ${B}`,
  ],
  [
    'the same twice in one chunk',
    [calls(unnumbered(null, 'ping', ''), unnumbered(null, 'ping', ''))],
    '- ping {}, - ping {}',
  ],
  [
    'interleaved by index',
    [
      calls(entry(0, 'c1', 'read_file', '{"pa'), entry(1, 'c2', 'read_file', '')),
      calls(entry(1, null, null, '{"path"'), entry(0, null, null, 'th":"a')),
      calls(entry(1, null, null, ':"b"}'), entry(0, null, null, '"}')),
    ],
    BOTH,
  ],
  [
    'interleaved by id',
    [
      calls(unnumbered('c1', 'read_file', '{"pa')),
      calls(unnumbered('c2', 'read_file', '{"path"')),
      calls(unnumbered('c1', null, 'th":"a"}')),
      calls(unnumbered('c2', null, ':"b"}')),
    ],
    BOTH,
  ],
  [
    'two pieces of one call in one chunk',
    [calls(entry(0, 'c1', 'read_file', '{"pa'), entry(0, null, null, 'th":"a"}'))],
    `c1 read_file ${A}`,
  ],
  ['the second before the first', [calls(entry(1, 'c2', 'read_file', B)), calls(entry(0, 'c1', 'read_file', A))], BOTH],
  [
    'numbered from 1',
    [
      calls(entry(1, 'c1', 'read_file', '{"pa')),
      calls(entry(1, null, null, 'th":"a"}')),
      calls(entry(2, 'c2', 'read_file', B)),
    ],
    BOTH,
  ],
  ['all with index 0, whole', [calls(entry(0, 'c1', 'read_file', A)), calls(entry(0, 'c2', 'read_file', B))], BOTH],
  [
    'all with index 0, and no arguments',
    [calls(entry(0, 'c1', 'ping', '')), calls(entry(0, 'c2', 'ping', ''))],
    'c1 ping {}, c2 ping {}',
  ],
  [
    'all with index 0, and no id',
    [calls(entry(0, null, 'read_file', A)), calls(entry(0, null, 'read_file', B))],
    `- read_file ${A}, - read_file ${B}`,
  ],
  [
    'all with index 0, in pieces with their id',
    [
      calls(entry(0, 'c1', 'read_file', '{"pa')),
      calls(entry(0, 'c1', null, 'th":"a"}')),
      calls(entry(0, 'c2', 'read_file', '{"path"')),
      calls(entry(0, 'c2', null, ':"b"}')),
    ],
    BOTH,
  ],
  ['whole, without index', [calls(unnumbered('c1', 'read_file', A)), calls(unnumbered('c2', 'read_file', B))], BOTH],
  [
    'whole, without index and id',
    [calls(unnumbered(null, 'read_file', A)), calls(unnumbered(null, 'read_file', B))],
    `- read_file ${A}, - read_file ${B}`,
  ],
  [
    'in pieces, without index and id',
    [
      calls(unnumbered(null, 'read_file', '{"pa')),
      calls(unnumbered(null, null, 'th":"a"}')),
      calls(unnumbered(null, 'read_file', '{"path"')),
      calls(unnumbered(null, null, ':"b"}')),
    ],
    `- read_file ${A}, - read_file ${B}`,
  ],
  [
    'of two tools without arguments, index and id',
    [calls(unnumbered(null, 'ping', '')), calls(unnumbered(null, 'list', ''))],
    '- ping {}, - list {}',
  ],
  [
    'broken ones of two tools, without index and id',
    [calls(unnumbered(null, 'ping', 'a')), calls(unnumbered(null, 'list', '{"a":1}'))],
    '- ping a, - list {"a":1}',
  ],
  [
    'the same id twice',
    [calls(entry(0, 'c1', 'read_file', A), entry(1, 'c1', 'read_file', B))],
    `c1 read_file ${A}, - read_file ${B}`,
  ],
  [
    'the same id twice, without index',
    [calls(unnumbered('c1', 'read_file', A)), calls(unnumbered('c1', 'read_file', B))],
    `c1 read_file ${A}, - read_file ${B}`,
  ],
  [
    'the same id twice, in pieces',
    [
      calls(entry(0, 'c1', 'read_file', '{"pa')),
      calls(entry(1, 'c1', 'ping', '')),
      calls(entry(0, 'c1', null, 'th":"a"}')),
      calls(entry(1, 'c1', null, '{}')),
    ],
    `c1 read_file ${A}, - ping {}`,
  ],
];

const whole = (...entries: unknown[]) => ({
  choices: [
    {
      index: 0,
      delta: {},
      message: { role: 'assistant', content: null, tool_calls: entries },
      finish_reason: 'tool_calls',
    },
  ],
});
const pieces = [
  calls(entry(0, 'c1', 'read_file', '{"pa')),
  calls(entry(0, null, null, 'th":"a"}')),
  calls(entry(1, 'c2', 'read_file', B)),
];
const anonymous = [calls(unnumbered(null, 'read_file', A)), calls(unnumbered(null, 'read_file', B))];
const TWICE: readonly Case[] = [
  ['as deltas', [...pieces, calls(entry(0, 'c1', 'read_file', A), entry(1, 'c2', 'read_file', B))], BOTH],
  ['as deltas without ids', [...pieces, calls(entry(0, null, 'read_file', A), entry(1, null, 'read_file', B))], BOTH],
  [
    'as deltas with objects',
    [...pieces, calls(entry(0, 'c1', 'read_file', { path: 'a' }), entry(1, 'c2', 'read_file', { path: 'b' }))],
    BOTH,
  ],
  ['one by one', [...pieces, calls(entry(0, 'c1', 'read_file', A)), calls(entry(1, 'c2', 'read_file', B))], BOTH],
  ['as a message', [...pieces, whole(unnumbered('c1', 'read_file', A), unnumbered('c2', 'read_file', B))], BOTH],
  [
    'as a message with an index',
    [...pieces, whole(entry(0, 'c1', 'read_file', A), entry(1, 'c2', 'read_file', B))],
    BOTH,
  ],
  [
    'as a message without ids',
    [...pieces, whole(unnumbered(null, 'read_file', A), unnumbered(null, 'read_file', B))],
    BOTH,
  ],
  [
    'as a message with blanks between',
    [
      ...pieces,
      whole(unnumbered('c1', 'read_file', '{ "path": "a" }'), unnumbered('c2', 'read_file', '{ "path": "b" }')),
    ],
    BOTH,
  ],
  [
    'as a message with more',
    [
      ...pieces,
      whole(unnumbered('c1', 'read_file', A), unnumbered('c2', 'read_file', B), unnumbered('c3', 'ping', '{}')),
    ],
    `${BOTH}, c3 ping {}`,
  ],
  [
    'with every chunk',
    [
      whole(entry(0, 'c1', 'read_file', '{"pa')),
      whole(entry(0, 'c1', 'read_file', A)),
      whole(entry(0, 'c1', 'read_file', A), entry(1, 'c2', 'read_file', B)),
    ],
    BOTH,
  ],
  [
    'without index and id',
    [...anonymous, calls(unnumbered(null, 'read_file', A), unnumbered(null, 'read_file', B))],
    `- read_file ${A}, - read_file ${B}`,
  ],
  [
    'as a message where a call was told with the same id',
    [
      calls(unnumbered('c1', 'ping', ''), unnumbered('c1', 'list', '')),
      whole(unnumbered('c1', 'ping', '{}'), unnumbered('c1', 'list', '{}')),
    ],
    'c1 ping {}, - list {}',
  ],
];

describe('calls on the OpenAI wire', () => {
  const groups: Readonly<Record<string, readonly Case[]>> = {
    'are read from pieces': PIECES,
    'are read in the shape of': SHAPES,
    'are kept apart when there are several': SEVERAL,
    'count once when they are told again': TWICE,
    'are read as JSON however a piece begins': LIKE_ALL_SO_FAR,
  };
  for (const [group, cases] of Object.entries(groups)) {
    for (const [name, chunks, expected] of cases) {
      it(`${group}: ${name}`, () => {
        const parts = read(...chunks, STOP);
        expect(shown(parts)).to.equal(expected);
        expect(parts.at(-1)).to.deep.equal({ type: 'end', finishReason: 'stop' });
      });
    }
  }

  for (const [name, chunks] of [...PIECES, ...SHAPES, ...SEVERAL].filter(([, all]) =>
    all.every((each) => !isWhole(each)),
  )) {
    it(`are told piece by piece, and their pieces come to the whole: ${name}`, () => {
      const parts = read(...chunks, STOP);
      for (const call of parts
        .filter((part) => part.type === 'call')
        .filter(({ toolName }) => toolName !== 'unnamed')) {
        const told = parts.map((part) =>
          part.type === 'call-arguments' && part.index === call.index ? part.text : '',
        );
        expect(told.join('').trim() || '{}').to.equal(call.argumentsText.trim());
      }
      const named = parts.filter((part) => part.type === 'call-arguments' && part.text !== '' && part.toolName === '');
      expect(named).to.deep.equal([]);
    });
  }

  it('show with every new piece that the model is at work, and with none that is told again', () => {
    const answer = new Answer(OFFERED);
    const told = [...pieces, calls(entry(0, 'c1', 'read_file', A))].map(
      (chunk) => answer.accept([message(chunk)]).length,
    );
    expect(told).to.deep.equal([1, 1, 1, 0]);
  });

  for (const word of ['stop', 'length', 'tool_calls', 'function_call', 'tool_use', 'content_filter', 'a_new_one']) {
    it(`count when the model ends with ${word}`, () => {
      const parts = read(calls(entry(0, 'c1', 'ping', '')), ended(word));
      expect(shown(parts)).to.equal('c1 ping {}');
      const finishReason = word === 'length' || word === 'content_filter' ? word : 'stop';
      expect(parts.at(-1)).to.include({ type: 'end', finishReason });
    });
  }

  it('count when nothing but [DONE] ends the answer', () => {
    expect(shown(read(calls(entry(0, 'c1', 'ping', '')), '[DONE]'))).to.equal('c1 ping {}');
  });

  it('stand behind the text and directly before the end', () => {
    const parts = read(
      delta({ content: 'Hi' }),
      calls(entry(0, 'c1', 'ping', '')),
      delta({ content: ' there' }),
      ended('tool_calls'),
    );
    const types = parts.map((part) => (part.type === 'text' ? part.text : part.type));
    expect(types).to.deep.equal(['Hi', 'call-arguments', ' there', 'call', 'end']);
  });

  it('do not count when the answer breaks off', async () => {
    const answer = new Answer(OFFERED);
    answer.accept([message(calls(entry(0, 'c1', 'read_file', A)))]);
    expect(await errorOf(ending(answer))).to.have.property('code', 'upstream_truncated');
  });

  it('do not count when the model reports an error', async () => {
    const answer = new Answer(OFFERED);
    answer.accept([message(calls(entry(0, 'c1', 'read_file', A))), message({ error: { code: 500 } })]);
    expect(await errorOf(ending(answer))).to.have.property('code', 'upstream_error');
  });

  it('make an answer that has none, though it says so, an empty one, unless there is text', async () => {
    const answer = new Answer(OFFERED);
    answer.accept([message(ended('tool_calls'))]);
    expect(await errorOf(ending(answer))).to.have.property('code', 'upstream_empty');
    expect(read(delta({ content: 'Hi' }), ended('tool_calls')).at(-1)).to.deep.equal({
      type: 'end',
      finishReason: 'stop',
    });
  });

  it('are no part of an answer to whom no tool was offered', async () => {
    const answer = new Answer();
    expect(answer.accept([message(calls(entry(0, 'c1', 'ping', '')))])).to.deep.equal([]);
    answer.accept([message(ended('tool_calls'))]);
    expect(await errorOf(ending(answer))).to.have.property('code', 'unsupported_tool_call');
  });

  it('may be 128, and not more', async () => {
    const answer = new Answer(OFFERED);
    for (let index = 0; index < 128; index += 1) answer.accept([message(calls(entry(index, `c${index}`, 'ping', '')))]);
    expect(answer.hasFailed).to.equal(false);
    answer.accept([message(calls(entry(128, 'c128', 'ping', '')))]);
    expect(await errorOf(ending(answer))).to.be.instanceOf(ReplyTooLong);
  });

  it('may be as long as a reply, and not longer', async () => {
    const answer = new Answer(OFFERED);
    const half = 'x'.repeat(MAX_REPLY_BYTES / 2);
    answer.accept([message(calls(entry(0, 'c1', 'ping', `{"a":"${half}`)))]);
    expect(answer.hasFailed).to.equal(false);
    answer.accept([message(calls(entry(1, 'c2', 'ping', half)))]);
    expect(await errorOf(ending(answer))).to.be.instanceOf(ReplyTooLong);
  });

  it('are read in a time that grows with their length only', () => {
    const drafts = new CallDrafts(OFFERED);
    const begin = { tool_calls: [entry(0, 'c1', 'ping', '{"a":"')] };
    const piece = { tool_calls: [entry(0, null, 'ping', 'some word ')] };
    drafts.read(begin, false);
    for (let count = 0; count < 400_000; count += 1) drafts.read(piece, false);
    const [call] = drafts.end();
    expect(call?.type === 'call' ? call.argumentsText.length : 0).to.equal(4_000_006);
  });

  it('whose arguments are nested deeper than the stack is are refused, or read as text', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const answer = new Answer(OFFERED);
    const wire = `{"choices":[{"delta":{"tool_calls":[{"function":{"name":"ping","arguments":{"a":${deep}}}}]}}]}`;
    answer.accept([{ data: wire }]);
    expect(await errorOf(ending(answer))).to.have.property('code', 'upstream_protocol');
    expect(
      read(calls(entry(0, 'c1', 'ping', `{"a":${deep}}`)), calls(entry(0, 'c1', 'ping', `{ "a":${deep}}`)), STOP),
    ).not.to.equal([]);
  });
});

function isWhole(chunk: unknown): boolean {
  return JSON.stringify(chunk).includes('"message"');
}

function message(chunk: unknown) {
  return { data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) };
}

function read(...chunks: readonly unknown[]): readonly CompletionPart[] {
  const answer = new Answer(OFFERED);
  return [...chunks.flatMap((chunk) => answer.accept([message(chunk)])), ...answer.end()];
}

async function ending(answer: Answer): Promise<unknown> {
  return answer.end();
}

function shown(parts: readonly CompletionPart[]): string {
  const whole = parts.filter((part) => part.type === 'call');
  return whole.map(({ callId, toolName, argumentsText }) => `${callId ?? '-'} ${toolName} ${argumentsText}`).join(', ');
}
