import { expect } from 'chai';
import { parseRunInput } from '../../../../../src/adapters/inbound/http/ag-ui/run-input.js';
import { runTurn } from '../../../../../src/adapters/inbound/http/ag-ui/run-turn.js';
import { HttpProblem } from '../../../../../src/adapters/inbound/http/http-problem.js';
import { Agents } from '../../../../../src/domain/agents.js';
import { anAgent } from '../../../../support/builders.js';

const CHOICES = {
  agents: new Agents([anAgent(), anAgent({ name: 'coder' })]),
  modes: { usual: 'mock', known: ['mock'], unusable: {} },
};
const user = (content: unknown, id = 'u1') => ({ id, role: 'user', content });
const tool = (toolCallId: string, content: string, fields = {}) => ({ role: 'tool', toolCallId, content, ...fields });
const body = (fields: object) => ({ threadId: 't', runId: 'r', messages: [user('Hi')], ...fields });
const read = (fields: object) => parseRunInput(body(fields), CHOICES);
const turn = (fields: object) => runTurn(read(fields));

function pathsRefused(sent: unknown): unknown {
  try {
    runTurn(parseRunInput(sent, CHOICES));
    return [];
  } catch (error) {
    return error instanceof HttpProblem ? error.errors?.map(({ path }) => path) : error;
  }
}

describe('what HttpAgent sends', () => {
  for (const [what, sent, ...paths] of [
    ['no object', 'Hi', ''],
    ['no session', body({ threadId: undefined }), 'threadId'],
    ['a session of a wrong name', body({ threadId: 'a b' }), 'threadId'],
    ['no run', body({ runId: undefined }), 'runId'],
    ['an empty run', body({ runId: '' }), 'runId'],
    ['a run of other characters', body({ runId: 'é' }), 'runId'],
    ['a run that is too long', body({ runId: 'r'.repeat(201) }), 'runId'],
    ['no messages', body({ messages: undefined }), 'messages'],
    ['messages that are none', body({ messages: 'Hi' }), 'messages'],
    ['nothing new', body({ messages: [] }), 'messages'],
    ['nothing new behind an answer', body({ messages: [user('Hi'), { role: 'assistant', content: 'x' }] }), 'messages'],
    ['a blank message', body({ messages: [user(' ')] }), 'messages'],
    ['a message of nobody', body({ messages: [{ content: 'x' }] }), 'messages.0.role'],
    ['a message that is text', body({ messages: ['Hi'] }), 'messages.0'],
    ['an image', body({ messages: [user('a'), user([{ type: 'image', url: 'x' }], 'u2')] }), 'messages.1.content'],
    ['tools that are no list', body({ tools: {} }), 'tools'],
    ['a tool without a name', body({ tools: [{ description: 'x' }] }), 'tools.0.name'],
    ['an answer to no interrupt', body({ resume: [{ status: 'resolved' }] }), 'resume.0.interruptId'],
    ['an answer of another kind', body({ resume: [{ interruptId: 'c', status: 'maybe' }] }), 'resume.0.status'],
    ['an unknown agent', body({ forwardedProps: { agent: 'nobody' } }), 'forwardedProps.agent'],
    ['another way to be busy', body({ forwardedProps: { on_busy: 'wait' } }), 'forwardedProps.on_busy'],
    ['another way to leave', body({ forwardedProps: { on_disconnect: 1 } }), 'forwardedProps.on_disconnect'],
  ] as const) {
    it(`is refused where it is ${what}, by the name of the field`, () => {
      expect(pathsRefused(sent)).to.deep.equal(paths);
    });
  }

  it('means what follows the last answer, and stops when its reader leaves', () => {
    const messages = [
      user('old'),
      { role: 'assistant', content: 'x' },
      user('One'),
      user([{ type: 'text', text: 'two' }]),
    ];
    expect(turn({ messages })).to.deep.include({
      sessionId: 't',
      content: 'One\n\ntwo',
      settlements: [],
      onBusy: 'interrupt',
      onDisconnect: 'cancel',
      idempotencyKey: 'ag-ui:r',
    });
  });

  it('may say what becomes of a run that is busy, and of its own', () => {
    const forwardedProps = { on_busy: 'queue', on_disconnect: 'continue', agent: 'coder', other: 1 };
    const asked = turn({ forwardedProps });
    expect(asked).to.include({ onBusy: 'queue', onDisconnect: 'continue' });
    expect(asked.choice).to.include({ agent: 'coder' });
  });

  it('tells results of calls, and that one failed', () => {
    const messages = [{ role: 'assistant' }, tool('c1', 'ok'), tool('c2', '', { error: 'No sky' })];
    expect(turn({ messages }).settlements).to.deep.equal([
      { callId: 'c1', status: 'ok', content: 'ok' },
      { callId: 'c2', status: 'error', content: 'No sky' },
    ]);
  });

  for (const [what, answer, decision] of [
    ['allows', { status: 'resolved' }, { decision: 'approve' }],
    ['allows with approved', { status: 'resolved', payload: { approved: true } }, { decision: 'approve' }],
    ['changes', { status: 'resolved', payload: { arguments: { a: 1 } } }, { decision: 'edit', arguments: { a: 1 } }],
    ['cancels', { status: 'cancelled' }, { decision: 'reject', feedback: undefined }],
    ['refuses with false', { status: 'resolved', payload: false }, { decision: 'reject', feedback: undefined }],
    [
      'refuses and says why',
      { status: 'resolved', payload: { approved: false, feedback: 'No' } },
      { decision: 'reject', feedback: 'No' },
    ],
  ] as const) {
    it(`is a decision of a person who ${what}`, () => {
      const { settlements } = turn({ messages: [], resume: [{ interruptId: 'c1', ...answer }] });
      expect(settlements).to.deep.equal([{ callId: 'c1', ...decision }]);
    });
  }

  it('has instructions in place of the agent’s, and tools that the client runs', () => {
    const tools = [{ name: 'add', description: 'Adds', parameters: { type: 'object' } }];
    const { choice } = read({
      messages: [{ role: 'system', content: 'A' }, { role: 'developer', content: 'B' }, user('Hi')],
      tools,
    });
    expect(choice).to.deep.include({ instructions: 'A\n\nB' });
    expect(choice.tools).to.deep.equal([{ type: 'function', function: tools[0] }]);
    expect(read({}).choice).to.not.have.property('instructions');
  });

  it('leaves out what the run itself has brought, and keeps a place for its reasoning', () => {
    const own = { id: 'r-3', role: 'assistant', content: 'half' };
    const other = { id: 'r2-3', role: 'assistant', content: 'whole' };
    const asked = read({ messages: [other, user('Hi'), own, tool('c1', 'x', { id: 'r-0-1' })] });
    expect(asked.messages).to.deep.equal([other, user('Hi')]);
    expect(asked.history).to.deep.equal([other, user('Hi')]);
    const thought = { id: 'r-1', role: 'reasoning', content: 'hm' };
    expect(read({ messages: [user('Hi'), thought, own] }).history).to.deep.equal([
      user('Hi'),
      { id: 'r-1', role: 'reasoning', content: '' },
      { id: 'r-3', role: 'assistant', content: '' },
    ]);
  });

  it('may leave out by null what it does not have', () => {
    expect(
      pathsRefused(body({ tools: null, resume: null, protocolVersion: null, forwardedProps: null })),
    ).to.deep.equal([]);
  });
});
