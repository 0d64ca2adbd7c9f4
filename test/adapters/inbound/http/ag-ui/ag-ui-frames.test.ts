import { expect } from 'chai';
import { AgUiFrames } from '../../../../../src/adapters/inbound/http/ag-ui/ag-ui-frames.js';
import type { FinishReason } from '../../../../../src/domain/run.js';
import type { RunEvent } from '../../../../../src/domain/run-event.js';

const ASKED = { threadId: 't', runId: 'c', protocolVersion: '1.0' };
const TOLD = { run: { id: 'r1' }, results: [], history: undefined };
const look = { toolName: 'look', callId: 'c1' } as const;
const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

const text = (sequence: number, said: string): RunEvent => ({ type: 'text-delta', sequence, text: said });
const piece = (sequence: number, said: string): RunEvent => ({ type: 'call-arguments', sequence, ...look, text: said });
const call = (sequence: number, requiresApproval = false): RunEvent => {
  return { type: 'tool-call', sequence, ...look, arguments: { a: 1 }, requiresApproval };
};
const end = (sequence: number, finishReason: FinishReason): RunEvent => {
  return { type: 'run-end', sequence, finishReason, usage: USAGE, model: 'm' };
};

function rendered(
  events: readonly RunEvent[],
  asked: ConstructorParameters<typeof AgUiFrames>[0] = ASKED,
  told: ConstructorParameters<typeof AgUiFrames>[1] = TOLD,
) {
  const frames = new AgUiFrames(asked, told);
  return frames.opening + events.map((event) => frames.frame(event)).join('');
}

function eventsOf(frames: string): Record<string, unknown>[] {
  return frames
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')));
}

const typesOf = (frames: string) => eventsOf(frames).map(({ type }) => type);

describe('the frames of AG-UI', () => {
  it('are the promised bytes, the same each time, and end with the run', () => {
    const events = [text(1, 'a\u2028'), end(2, 'stop')];
    const bytes =
      'data: {"type":"RUN_STARTED","threadId":"t","runId":"c","protocolVersion":"1.0","metadata":{"runId":"r1"}}\n\n' +
      'data: {"type":"TEXT_MESSAGE_START","messageId":"c-1","role":"assistant"}\n\n' +
      'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"c-1","delta":"a\\u2028"}\n\n' +
      'data: {"type":"TEXT_MESSAGE_END","messageId":"c-1"}\n\n' +
      'data: {"type":"RUN_FINISHED","threadId":"t","runId":"c","outcome":{"type":"success"},' +
      '"usage":[{"model":"m","inputTokens":1,"outputTokens":2,"totalTokens":3}]}\n\n';
    expect(rendered(events)).to.equal(bytes);
    expect(rendered(events)).to.equal(bytes);
  });

  it('close everything before the end, also a call that never came whole', () => {
    for (const reason of ['cancelled', 'interrupted', 'error', 'stop'] as const) {
      const frames = rendered([text(1, 'a'), piece(2, '{'), end(3, reason)]);
      expect(typesOf(frames).slice(-3)).to.deep.equal([
        ...['TOOL_CALL_ARGS', 'TOOL_CALL_END', reason === 'stop' ? 'RUN_FINISHED' : 'RUN_ERROR'],
      ]);
    }
  });

  it('put the calls of an answer into its message, be there text or not', () => {
    const [, , , , start] = eventsOf(rendered([text(1, 'a'), piece(2, '{"a":1}'), call(3), end(4, 'tool_calls')]));
    expect(start).to.include({ type: 'TOOL_CALL_START', parentMessageId: 'c-1' });
    const [, alone] = eventsOf(rendered([call(1), end(2, 'tool_calls')]));
    expect(alone).to.include({ type: 'TOOL_CALL_START', parentMessageId: 'c-1' });
  });

  it('name the calls that the client is to make, to a client that knows what that is', () => {
    const events = [call(1), end(2, 'tool_calls')];
    const outcomeFor = (asked: object) => eventsOf(rendered(events, { ...ASKED, ...asked })).at(-1)?.outcome;
    expect(outcomeFor({})).to.deep.equal({ type: 'success', pendingToolCallIds: ['c1'] });
    expect(outcomeFor({ protocolVersion: undefined })).to.deep.equal({ type: 'success' });
  });

  it('interrupt the client where a person has to agree', () => {
    const outcome = eventsOf(rendered([call(1, true), end(2, 'tool_calls')])).at(-1)?.outcome;
    expect(outcome).to.have.nested.property('interrupts[0].id', 'c1');
    expect(outcome).to.have.nested.property('interrupts[0].reason', 'tool_call');
  });

  it('tell no end of a call that was settled within the run', () => {
    const result: RunEvent = { type: 'tool-result', sequence: 2, ...look, status: 'ok', content: 'seen' };
    const frames = rendered([call(1), result, text(3, 'So'), end(4, 'stop')]);
    expect(typesOf(frames)).to.deep.equal([
      ...['RUN_STARTED', 'TOOL_CALL_START', 'TOOL_CALL_ARGS', 'TOOL_CALL_END', 'TOOL_CALL_RESULT'],
      ...['TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END', 'RUN_FINISHED'],
    ]);
  });

  it('begin with what the client had, where the run is told again', () => {
    const history = [{ id: 'u', role: 'user', content: 'Hi' }];
    const [, snapshot] = eventsOf(rendered([end(1, 'stop')], ASKED, { ...TOLD, history }));
    expect(snapshot).to.deep.equal({ type: 'MESSAGES_SNAPSHOT', messages: history });
  });
});
