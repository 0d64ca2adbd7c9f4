import { expect } from 'chai';
import {
  parseChatRequest,
  saidIn,
  type UiMessage,
} from '../../../../../src/adapters/inbound/http/ai-sdk/chat-request.js';
import { settlementsIn } from '../../../../../src/adapters/inbound/http/ai-sdk/sent-results.js';
import { HttpProblem } from '../../../../../src/adapters/inbound/http/http-problem.js';
import { Agents } from '../../../../../src/domain/agents.js';
import { anAgent, NEW_YEAR } from '../../../../support/builders.js';

const CHOICES = {
  agents: new Agents([anAgent(), anAgent({ name: 'coder' })]),
  modes: { usual: 'mock', known: ['mock'], unusable: {} },
};
const text = (said: string) => ({ type: 'text', text: said });
const user = (...parts: readonly UiMessage['parts'][number][]): UiMessage => ({ id: 'u1', role: 'user', parts });
const body = (fields: object) => ({ id: 'chat', messages: [user(text('Hi'))], ...fields });
const read = (fields: object) => parseChatRequest(body(fields), CHOICES);

function pathsRefused(reading: () => unknown): unknown {
  try {
    reading();
    return [];
  } catch (error) {
    return error instanceof HttpProblem ? error.errors?.map(({ path }) => path) : error;
  }
}

describe('what useChat sends', () => {
  for (const [what, sent, ...paths] of [
    ['no object', [], ''],
    ['no chat', body({ id: undefined }), 'id'],
    ['a chat of a wrong name', body({ id: '../x' }), 'id'],
    ['no messages', body({ messages: undefined }), 'messages'],
    ['an empty list', body({ messages: [] }), 'messages'],
    ['a message of another role', body({ messages: [{ role: 'tool', parts: [] }] }), 'messages.0.role'],
    ['a message without parts', body({ messages: [{ role: 'user', content: 'Hi' }] }), 'messages.0.parts'],
    [
      'a part without a type',
      body({ messages: [{ role: 'user', parts: [{ text: 'x' }] }] }),
      'messages.0.parts.0.type',
    ],
    ['another trigger', body({ trigger: 'send' }), 'trigger'],
    ['an id of a message that is none', body({ messageId: 7 }), 'messageId'],
    ['another way to be busy', body({ on_busy: 'wait' }), 'on_busy'],
    ['another way to leave', body({ on_disconnect: 'stay' }), 'on_disconnect'],
    ['an unknown agent', body({ agent: 'nobody' }), 'agent'],
    ['a tool that is none', body({ tools: [{ name: 'add' }] }), 'tools.0.type', 'tools.0.function'],
  ] as const) {
    it(`is refused where it is ${what}, by the name of the field`, () => {
      expect(pathsRefused(() => parseChatRequest(sent, CHOICES))).to.deep.equal(paths);
    });
  }

  it('interrupts what goes on, and goes on when its page leaves, unless it says otherwise', () => {
    expect(read({})).to.include({
      sessionId: 'chat',
      onBusy: 'interrupt',
      onDisconnect: 'continue',
      isRegeneration: false,
    });
    const other = {
      on_busy: 'reject',
      on_disconnect: 'cancel',
      trigger: 'regenerate-message',
      messageId: null,
      more: 1,
    };
    expect(read(other)).to.include({
      onBusy: 'reject',
      onDisconnect: 'cancel',
      isRegeneration: true,
      messageId: undefined,
    });
  });

  it('has the page’s own instructions in place of the agent’s, and only then', () => {
    const system = (said: string) => ({ role: 'system', parts: [text(said)] });
    expect(read({ messages: [system('A'), system('B'), user(text('Hi'))] }).choice).to.include({
      instructions: 'A\n\nB',
    });
    expect(read({}).choice).to.not.have.property('instructions');
  });

  it('says the text of its parts, joined', () => {
    expect(saidIn([user(text('One '), { type: 'step-start' }, text('two'))], 0)).to.equal('One two');
  });

  for (const [what, message, path] of [
    ['a file', user(text('Look'), { type: 'file', url: 'data:,x' }), 'messages.0.parts.1'],
    ['nothing', user(), 'messages.0.parts'],
    ['only blanks', user(text(' \n')), 'messages.0.parts'],
  ] as const) {
    it(`is refused where a message says ${what}`, () => {
      expect(pathsRefused(() => saidIn([message], 0))).to.deep.equal([path]);
    });
  }
});

describe('what a page says of calls', () => {
  const part = (toolCallId: string, fields: object) => ({ type: 'tool-add', toolCallId, ...fields });
  const answer = (...parts: UiMessage['parts']): UiMessage => ({ role: 'assistant', parts });
  const open = (callId: string) => {
    const call = { callId, toolName: 'add', arguments: {}, runId: 'r', state: 'open', expiresAt: NEW_YEAR } as const;
    return call;
  };

  for (const [what, fields, said] of [
    ['its output', { state: 'output-available', output: 'fine' }, { status: 'ok', content: 'fine' }],
    [
      'output that is no text, as JSON',
      { state: 'output-available', output: { a: 1 } },
      { status: 'ok', content: '{"a":1}' },
    ],
    ['no output at all', { state: 'output-available' }, { status: 'ok', content: 'null' }],
    ['that it failed', { state: 'output-error', errorText: 'No' }, { status: 'error', content: 'No' }],
    ['that it failed, without a word', { state: 'output-error' }, { status: 'error', content: 'The tool failed.' }],
    ['that it may be made', { state: 'approval-responded', approval: { approved: true } }, { decision: 'approve' }],
    [
      'that it may not, and why',
      { state: 'approval-responded', approval: { approved: false, reason: 'No' } },
      { decision: 'reject', feedback: 'No' },
    ],
  ] as const) {
    it(`may be ${what}`, () => {
      expect(settlementsIn(answer(part('c1', fields)), [open('c1')])).to.deep.equal([{ callId: 'c1', ...said }]);
    });
  }

  it('is nothing where its input is still there, a server ran it, or more is to come', () => {
    const parts = [
      part('c1', { state: 'input-available' }),
      part('c1', { state: 'output-available', output: 'x', providerExecuted: true }),
      part('c1', { state: 'output-available', output: 'x', preliminary: true }),
      part('c1', { state: 'approval-responded', approval: {} }),
      { type: 'text', text: 'c1' },
    ];
    expect(settlementsIn(answer(...parts), [open('c1')])).to.deep.equal([]);
  });

  it('counts for calls that are open; where none is, for those of the last step, which may be said again', () => {
    const done = (id: string) => part(id, { state: 'output-available', output: id });
    const whole = answer(done('c1'), { type: 'step-start' }, done('c2'), done('c3'));
    const ids = (calls: readonly string[]) => settlementsIn(whole, calls.map(open)).map(({ callId }) => callId);
    expect(ids(['c3'])).to.deep.equal(['c3']);
    expect(ids(['c1'])).to.deep.equal(['c1']);
    expect(ids([])).to.deep.equal(['c2', 'c3']);
  });
});
