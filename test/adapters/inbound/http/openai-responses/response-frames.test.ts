import { expect } from 'chai';
import { ResponseFrames } from '../../../../../src/adapters/inbound/http/openai-responses/response-frames.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';
import { NEW_YEAR } from '../../../../support/builders.js';

const USAGE = { inputTokens: 11, outputTokens: 7, totalTokens: 18 };

type Unnumbered<Event> = Event extends RunEvent ? Omit<Event, 'sequence'> : never;
type Reason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'cancelled' | 'interrupted' | 'error';

const text = (said: string) => ({ type: 'text-delta', text: said }) as const;
const thought = (said: string) => ({ type: 'reasoning-delta', text: said }) as const;
const end = (finishReason: Reason) => ({ type: 'run-end', finishReason, usage: USAGE, at: NEW_YEAR }) as const;
const piece = (callId: string, toolName: string, said: string) =>
  ({ type: 'call-arguments', callId, toolName, text: said }) as const;
const call = (callId: string, toolName: string, given = {}, requiresApproval = false) =>
  ({ type: 'tool-call', callId, toolName, arguments: given, requiresApproval }) as const;
const result = (callId: string) =>
  ({ type: 'tool-result', callId, toolName: 'x', status: 'ok', content: 'fine' }) as const;
const failure = { type: 'run-failure', code: 'upstream_timeout', message: 'Too slow', retryable: true } as const;

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Written with the state itself in the place of the response. */
function framesOf(events: readonly Unnumbered<RunEvent>[], after?: number): string {
  const frames = new ResponseFrames('run1', (state) => ({ ...state }), after);
  return frames.opening + events.map((event, index) => frames.frame({ ...event, sequence: index + 1 })).join('');
}

function eventsOf(frames: string): Event[] {
  const blocks = frames.split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => {
    const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
    const event = JSON.parse(data);
    expect(event.type).to.equal(name);
    return event;
  });
}

/** Without those at the start, and without numbers, which are checked. */
function told(events: readonly Unnumbered<RunEvent>[]): unknown[] {
  const all = eventsOf(framesOf(events));
  expect(all.map(({ sequence_number }) => sequence_number)).to.deep.equal(all.map((_, index) => index));
  expect(all.slice(0, 2)).to.deep.equal([
    { type: 'response.created', sequence_number: 0, response: { status: 'in_progress', output: [] } },
    { type: 'response.in_progress', sequence_number: 1, response: { status: 'in_progress', output: [] } },
  ]);
  return all.slice(2).map(({ sequence_number: _, ...event }) => event);
}

const part = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });
const message = (index: number, status: string, ...said: string[]) => ({
  id: `msg_run1_${index}`,
  type: 'message',
  status,
  role: 'assistant',
  content: said.map(part),
});
const textBegun = (index: number) => [
  { type: 'response.output_item.added', output_index: index, item: message(index, 'in_progress') },
  {
    type: 'response.content_part.added',
    item_id: `msg_run1_${index}`,
    output_index: index,
    content_index: 0,
    part: part(''),
  },
];
const textDelta = (index: number, delta: string) => ({
  type: 'response.output_text.delta',
  item_id: `msg_run1_${index}`,
  output_index: index,
  content_index: 0,
  delta,
  logprobs: [],
});
const textDone = (index: number, said: string, status = 'completed') => {
  const place = { item_id: `msg_run1_${index}`, output_index: index, content_index: 0 };
  return [
    { type: 'response.output_text.done', ...place, text: said, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: part(said) },
    { type: 'response.output_item.done', output_index: index, item: message(index, status, said) },
  ];
};
const callItem = (index: number, id: string, name: string, given: string, status: string) => ({
  id: `fc_run1_${index}`,
  type: 'function_call',
  status,
  call_id: id,
  name,
  arguments: given,
});
const callBegun = (index: number, id: string, name: string) => ({
  type: 'response.output_item.added',
  output_index: index,
  item: callItem(index, id, name, '', 'in_progress'),
});
const callDelta = (index: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  item_id: `fc_run1_${index}`,
  output_index: index,
  delta,
});
const callDone = (index: number, id: string, name: string, given: string) => [
  {
    type: 'response.function_call_arguments.done',
    item_id: `fc_run1_${index}`,
    output_index: index,
    name,
    arguments: given,
  },
  { type: 'response.output_item.done', output_index: index, item: callItem(index, id, name, given, 'completed') },
];
const completed = (...output: object[]) => ({
  type: 'response.completed',
  response: { status: 'completed', usage: USAGE, completedAt: NEW_YEAR.toISOString(), output },
});

describe('response events', () => {
  it('tell a text: its item, its part, each piece, and all of it', () => {
    expect(told([text('Hel'), text('lo'), end('stop')])).to.deep.equal([
      ...textBegun(0),
      textDelta(0, 'Hel'),
      textDelta(0, 'lo'),
      ...textDone(0, 'Hello'),
      completed(message(0, 'completed', 'Hello')),
    ]);
  });

  it('tell what is thought as an item of its own, before the text', () => {
    const place = { item_id: 'rs_run1_0', output_index: 0, content_index: 0 };
    const item = (...said: string[]) => ({
      id: 'rs_run1_0',
      type: 'reasoning',
      summary: [],
      content: said.map((one) => ({ type: 'reasoning_text', text: one })),
    });
    expect(told([thought('h'), thought('m'), text('Hi'), end('stop')])).to.deep.equal([
      { type: 'response.output_item.added', output_index: 0, item: item() },
      { type: 'response.content_part.added', ...place, part: { type: 'reasoning_text', text: '' } },
      { type: 'response.reasoning_text.delta', ...place, delta: 'h' },
      { type: 'response.reasoning_text.delta', ...place, delta: 'm' },
      { type: 'response.reasoning_text.done', ...place, text: 'hm' },
      { type: 'response.content_part.done', ...place, part: { type: 'reasoning_text', text: 'hm' } },
      { type: 'response.output_item.done', output_index: 0, item: item('hm') },
      ...textBegun(1),
      textDelta(1, 'Hi'),
      ...textDone(1, 'Hi'),
      completed(item('hm'), message(1, 'completed', 'Hi')),
    ]);
  });

  it('tell calls whose pieces come in turns, each in its item, and one that came whole', () => {
    const events = [
      text('Look'),
      piece('c1', 'read', '{"a'),
      piece('c2', 'list', '{ }'),
      piece('c1', 'read', '":1}'),
      call('c1', 'read', { a: 1 }),
      call('c2', 'list'),
      call('c3', 'move', { b: 2 }),
      end('tool_calls'),
    ];
    expect(told(events)).to.deep.equal([
      ...textBegun(0),
      textDelta(0, 'Look'),
      ...textDone(0, 'Look'),
      callBegun(1, 'c1', 'read'),
      callDelta(1, '{"a'),
      callBegun(2, 'c2', 'list'),
      callDelta(2, '{ }'),
      callDelta(1, '":1}'),
      ...callDone(1, 'c1', 'read', '{"a":1}'),
      ...callDone(2, 'c2', 'list', '{ }'),
      callBegun(3, 'c3', 'move'),
      callDelta(3, '{"b":2}'),
      ...callDone(3, 'c3', 'move', '{"b":2}'),
      completed(
        message(0, 'completed', 'Look'),
        callItem(1, 'c1', 'read', '{"a":1}', 'completed'),
        callItem(2, 'c2', 'list', '{ }', 'completed'),
        callItem(3, 'c3', 'move', '{"b":2}', 'completed'),
      ),
    ]);
  });

  it('tell a call as it is made, where its pieces were something else', () => {
    const all = told([piece('c1', 'read', '{"a":1'), call('c1', 'read', { a: 2 }), end('tool_calls')]);
    expect(all.slice(2, 4)).to.deep.equal(callDone(0, 'c1', 'read', '{"a":2}'));
  });

  it('tell nothing of a call that the run has settled itself', () => {
    const events = [
      text('So '),
      piece('c1', 'files/list', '{}'),
      call('c1', 'files/list'),
      call('c2', 'unknown'),
      result('c2'),
      result('c1'),
      text('it is.'),
      end('stop'),
    ];
    expect(told(events)).to.deep.equal([
      ...textBegun(0),
      textDelta(0, 'So '),
      textDelta(0, 'it is.'),
      ...textDone(0, 'So it is.'),
      completed(message(0, 'completed', 'So it is.')),
    ]);
  });

  for (const [reason, type, state] of [
    ['length', 'response.incomplete', { status: 'incomplete', incompleteReason: 'max_output_tokens' }],
    ['content_filter', 'response.incomplete', { status: 'incomplete', incompleteReason: 'content_filter' }],
    ['interrupted', 'response.incomplete', { status: 'incomplete', incompleteReason: 'interrupted' }],
    ['cancelled', 'response.incomplete', { status: 'cancelled', incompleteReason: 'cancelled' }],
    ['error', 'response.failed', { status: 'failed', error: 'Too slow (upstream_timeout)' }],
  ] as const) {
    it(`end with ${type} where the run ended ${reason}, and close what was open`, () => {
      const events = [text('Hel'), ...(reason === 'error' ? [failure] : []), end(reason)];
      expect(told(events)).to.deep.equal([
        ...textBegun(0),
        textDelta(0, 'Hel'),
        ...textDone(0, 'Hel', 'incomplete'),
        { type, response: { ...state, usage: USAGE, output: [message(0, 'incomplete', 'Hel')] } },
      ]);
    });
  }

  it('never end a call that was not whole as one that can be made', () => {
    const item = callItem(0, 'c1', 'read', '{"a', 'incomplete');
    expect(told([piece('c1', 'read', '{"a'), end('cancelled')])).to.deep.equal([
      callBegun(0, 'c1', 'read'),
      callDelta(0, '{"a'),
      { type: 'response.output_item.done', output_index: 0, item },
      {
        type: 'response.incomplete',
        response: { status: 'cancelled', incompleteReason: 'cancelled', usage: USAGE, output: [item] },
      },
    ]);
  });

  it('are the same bytes when they are rendered again, and the rest of them behind any number', () => {
    const events = [
      thought('hm\u2028'),
      text('Hi\u2029\u0085'),
      piece('c1', 'read', '{}'),
      call('c1', 'read'),
      end('tool_calls'),
    ];
    const whole = framesOf(events);
    expect(whole).to.equal(framesOf(events));
    expect(whole).to.not.match(/[\u2028\u2029\u0085]/);
    expect(whole).to.include('Hi\\u2029\\u0085');
    const blocks = whole.split(/(?<=\n\n)/);
    for (let after = 0; after < blocks.length + 2; after += 1)
      expect(framesOf(events, after)).to.equal(blocks.slice(after + 1).join(''));
  });
});
