import { expect } from 'chai';
import { UiMessageFrames } from '../../../../../src/adapters/inbound/http/ai-sdk/ui-message-frames.js';
import type { FinishReason } from '../../../../../src/domain/run.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';

type Unnumbered = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, 'sequence'> : never) : never;

const text = (said: string): Unnumbered => ({ type: 'text-delta', text: said });
const reasoning = (said: string): Unnumbered => ({ type: 'reasoning-delta', text: said });
const piece = (callId: string, said: string): Unnumbered => ({
  type: 'call-arguments',
  callId,
  toolName: 'look',
  text: said,
});
const call = (callId: string, requiresApproval = false, toolName = 'look'): Unnumbered => {
  return { type: 'tool-call', callId, toolName, arguments: { a: 1 }, requiresApproval };
};
const result = (callId: string, content = 'seen', status: 'ok' | 'error' = 'ok'): Unnumbered => {
  return { type: 'tool-result', callId, toolName: 'look', status, content };
};
const end = (finishReason: FinishReason = 'stop'): Unnumbered => ({ type: 'run-end', finishReason, usage: undefined });
const failure: Unnumbered = { type: 'run-failure', code: 'upstream_error', message: 'No luck', retryable: true };

const numbered = (events: readonly Unnumbered[]): RunEvent[] =>
  events.map((event, index) => ({ ...event, sequence: index + 1 }));

const ONE = [{ run: { id: 'r1' }, results: [] }] as const;

function rendered(events: readonly Unnumbered[], runs: ConstructorParameters<typeof UiMessageFrames>[1] = ONE): string {
  const frames = new UiMessageFrames('msg_r1', runs);
  return (
    frames.opening +
    numbered(events)
      .map((event) => frames.frame(event))
      .join('')
  );
}

/** The chunks, each as what stands out in it. */
function told(frames: string): unknown[] {
  return frames
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => frame.replace(/^data: /, ''))
    .map((data) => (data === '[DONE]' ? data : brief(JSON.parse(data))));
}

function brief({ type, ...fields }: Record<string, unknown>): string {
  const { id, delta, toolCallId, inputTextDelta, input, output, errorText, finishReason, reason } = fields;
  const words = [id, toolCallId, delta, inputTextDelta, input, output, errorText, finishReason, reason];
  return [
    type,
    ...words
      .filter((word) => word !== undefined)
      .map((word) => (typeof word === 'string' ? word : JSON.stringify(word))),
  ].join(' ');
}

const TABLE: Readonly<Record<string, { events: readonly Unnumbered[]; chunks: readonly string[] }>> = {
  'an answer': {
    events: [text('Hi '), text('you'), end()],
    chunks: [
      'start-step',
      'text-start r1-1',
      'text-delta r1-1 Hi ',
      'text-delta r1-1 you',
      'text-end r1-1',
      'finish-step',
      'finish stop',
    ],
  },
  'an answer that was thought about, with a block of its own for each': {
    events: [reasoning('a'), text('b'), reasoning('c'), end('length')],
    chunks: [
      ...['start-step', 'reasoning-start r1-1', 'reasoning-delta r1-1 a', 'reasoning-end r1-1'],
      ...['text-start r1-2', 'text-delta r1-2 b', 'text-end r1-2'],
      ...['reasoning-start r1-3', 'reasoning-delta r1-3 c', 'reasoning-end r1-3', 'finish-step', 'finish length'],
    ],
  },
  'an answer without a word': {
    events: [end('content_filter')],
    chunks: ['start-step', 'finish-step', 'finish content-filter'],
  },
  'calls in pieces and whole': {
    events: [piece('c1', '{"a"'), piece('c1', ':1}'), call('c1'), call('c2'), end('tool_calls')],
    chunks: [
      ...['start-step', 'tool-input-start c1', 'tool-input-delta c1 {"a"', 'tool-input-delta c1 :1}'],
      ...['tool-input-available c1 {"a":1}', 'tool-input-start c2', 'tool-input-available c2 {"a":1}'],
      ...['finish-step', 'finish tool-calls'],
    ],
  },
  'a call whose arguments are no JSON': {
    events: [piece('c1', '{"a"'), call('c1'), result('c1', 'No', 'error'), text('Oh'), end()],
    chunks: [
      ...['start-step', 'tool-input-start c1', 'tool-input-delta c1 {"a"'],
      'tool-input-error c1 {"a" The arguments cannot be read: they must be one JSON object.',
      ...['tool-output-error c1 No', 'finish-step'],
      ...['start-step', 'text-start r1-4', 'text-delta r1-4 Oh', 'text-end r1-4', 'finish-step', 'finish stop'],
    ],
  },
  'a call that needs leave, which may not be made yet': {
    events: [piece('c1', '{"a":1}'), call('c1', true), call('c2', true), end('tool_calls')],
    chunks: [
      ...['start-step', 'tool-input-start c1', 'tool-input-delta c1 {"a":1}', 'tool-approval-request c1'],
      ...['tool-input-start c2', 'tool-input-delta c2 {"a":1}', 'tool-approval-request c2'],
      ...['finish-step', 'finish tool-calls'],
    ],
  },
  'calls that were settled within the run, and what came of them in a step before': {
    events: [
      call('c1'),
      call('c2'),
      result('c2', '{"b":2}'),
      result('c1', '12345678901234567890'),
      call('c3'),
      end('tool_calls'),
    ],
    chunks: [
      ...['start-step', 'tool-input-start c1', 'tool-input-available c1 {"a":1}'],
      ...['tool-input-start c2', 'tool-input-available c2 {"a":1}'],
      ...['tool-output-available c2 {"b":2}', 'tool-output-available c1 12345678901234567890', 'finish-step'],
      ...['start-step', 'tool-input-start c3', 'tool-input-available c3 {"a":1}', 'finish-step', 'finish tool-calls'],
    ],
  },
  'a failure, which has no finish': {
    events: [text('Half'), failure, end('error')],
    chunks: ['start-step', 'text-start r1-1', 'text-delta r1-1 Half', 'text-end r1-1', 'error No luck'],
  },
  'a stop, which has no finish': {
    events: [text('Half'), end('cancelled')],
    chunks: ['start-step', 'text-start r1-1', 'text-delta r1-1 Half', 'text-end r1-1', 'abort cancelled'],
  },
  'an interruption before the first word': { events: [end('interrupted')], chunks: ['abort interrupted'] },
};

describe('the frames of a UI message', () => {
  for (const [name, { events, chunks }] of Object.entries(TABLE)) {
    it(`tell ${name}`, () => {
      expect(told(rendered(events))).to.deep.equal(['start', ...chunks, '[DONE]']);
      expect(rendered(events)).to.equal(rendered(events));
    });
  }

  it('are the promised bytes, with no line end but their own', () => {
    expect(rendered([text('a\u2028b\u0085'), { type: 'run-end', finishReason: 'stop', usage: USAGE }])).to.equal(
      'data: {"type":"start","messageId":"msg_r1","messageMetadata":{"runId":"r1"}}\n\n' +
        'data: {"type":"start-step"}\n\n' +
        'data: {"type":"text-start","id":"r1-1"}\n\n' +
        'data: {"type":"text-delta","id":"r1-1","delta":"a\\u2028b\\u0085"}\n\n' +
        'data: {"type":"text-end","id":"r1-1"}\n\n' +
        'data: {"type":"finish-step"}\n\n' +
        'data: {"type":"finish","finishReason":"stop","messageMetadata":{"runId":"r1","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}}\n\n' +
        'data: [DONE]\n\n',
    );
  });

  it('tell a turn of several runs as one message', () => {
    const results = [
      { callId: 'c1', status: 'ok', content: 'seen', at: new Date(0) },
      { callId: 'c2', status: 'rejected', content: 'No', at: new Date(0) },
    ] as const;
    const runs = [ONE[0], { run: { id: 'r2' }, results }];
    const first = [call('c1'), call('c2', true), end('tool_calls')];
    expect(told(rendered([...first, text('So'), end()], runs)).slice(-11)).to.deep.equal([
      ...['tool-approval-request c2', 'tool-output-available c1 seen', 'tool-output-denied c2', 'finish-step'],
      ...[
        'start-step',
        'text-start r2-4',
        'text-delta r2-4 So',
        'text-end r2-4',
        'finish-step',
        'finish stop',
        '[DONE]',
      ],
    ]);
  });

  it('tell a run that goes on within the step that asked', () => {
    const allowed = [{ callId: 'c2', toolName: 'files/look', arguments: { a: 1 } }];
    const continues = { after: 'r0', turn: 'r0', steps: 1, allowed };
    const results = [{ callId: 'c1', status: 'error', content: 'No', at: new Date(0) } as const];
    const events = [call('c2', false, 'files/look'), result('c2'), text('So'), end()];
    expect(told(rendered(events, [{ run: { id: 'r1', continues }, results }])).slice(0, 5)).to.deep.equal([
      ...['start', 'tool-output-error c1 No', 'tool-input-available c2 {"a":1}', 'tool-output-available c2 seen'],
      'start-step',
    ]);
  });
});

const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
