import { expect } from 'chai';
import { AnswerDraft, type Keeping, type WholeAnswer } from '../../src/domain/answer-draft.js';
import type { AnswerPart } from '../../src/domain/answer-part.js';
import type { FinishReason } from '../../src/domain/run.js';
import type { RunEvent } from '../../src/domain/run-event.js';

type Unnumbered<Event> = Event extends RunEvent ? Omit<Event, 'sequence'> : never;
type Events = readonly Unnumbered<RunEvent>[];

const text = (said: string) => ({ type: 'text-delta', text: said }) as const;
const thought = (said: string) => ({ type: 'reasoning-delta', text: said }) as const;
const piece = (callId: string, said: string, toolName = 'add') =>
  ({ type: 'call-arguments', callId, toolName, text: said }) as const;
const call = (callId: string, given = {}, toolName = 'add') =>
  ({ type: 'tool-call', callId, toolName, arguments: given, requiresApproval: false }) as const;
const result = (callId: string) =>
  ({ type: 'tool-result', callId, toolName: 'add', status: 'ok', content: 'fine' }) as const;
const end = (finishReason: FinishReason = 'stop') => ({ type: 'run-end', finishReason, usage: undefined }) as const;

function answered(events: Events, keeping?: Keeping): WholeAnswer {
  const draft = new AnswerDraft(undefined, keeping);
  for (const [index, event] of events.entries()) draft.add({ ...event, sequence: index + 1 });
  if (draft.answer === undefined) throw new Error('The run has not ended.');
  return draft.answer;
}

const shown = ({ parts }: WholeAnswer) =>
  parts.map((part) => [part.kind, part.kind === 'call' ? part.given : part.text, part.state]);

describe('the draft of an answer', () => {
  it('has no answer before the end of its run', () => {
    const draft = new AnswerDraft();
    draft.add({ ...text('Hi'), sequence: 1 });
    expect(draft.answer).to.equal(undefined);
  });

  it('has texts, thoughts and calls in the order in which the model began them', () => {
    const events = [
      thought('h'),
      thought('m'),
      text('I '),
      piece('c1', '{"a":'),
      piece('c1', '1}'),
      call('c1', { a: 1 }),
    ];
    const whole = answered([...events, end('tool_calls')]);
    expect(shown(whole)).to.deep.equal([
      ['reasoning', 'hm', 'whole'],
      ['text', 'I ', 'whole'],
      ['call', '{"a":1}', 'whole'],
    ]);
    expect(whole).to.deep.include({ text: 'I ', reasoning: 'hm' });
    expect(whole.calls.map(({ callId, arguments: given }) => [callId, given])).to.deep.equal([['c1', { a: 1 }]]);
  });

  it('has the texts of all steps as one text', () => {
    const whole = answered([text('One'), call('c1', {}, 'docs__find'), result('c1'), text('Two'), end()]);
    expect(whole.text).to.equal('OneTwo');
    expect(whole.calls).to.deep.equal([]);
  });

  it('leaves out of the calls those that the run has settled, and all where it does not end with them', () => {
    const both = [call('c1'), call('c2'), result('c1')];
    expect(answered([...both, end('tool_calls')]).calls.map(({ callId }) => callId)).to.deep.equal(['c2']);
    for (const reason of ['stop', 'cancelled', 'error'] as const)
      expect(answered([...both, end(reason)]).calls, reason).to.deep.equal([]);
  });

  it('has a call as it is made, also where the model wrote it otherwise', () => {
    const whole = answered([piece('c1', '{"a":1,"a":2}x'), call('c1', { a: 2 }), end('tool_calls')]);
    expect(shown(whole)).to.deep.equal([['call', '{"a":2}', 'whole']]);
  });

  it('says of a text and a call that their run broke them off', () => {
    expect(shown(answered([piece('c1', '{'), text('Hal'), end('cancelled')]))).to.deep.equal([
      ['call', '{', 'broken-off'],
      ['text', 'Hal', 'broken-off'],
    ]);
  });

  it('keeps no more of a kind than it is to, and says which kind that is', () => {
    const events = [text('1234'), thought('1234'), text('5'), thought('56'), end()];
    const whole = answered(events, { text: 5, reasoning: 5 });
    expect(whole).to.deep.include({ text: '12345', reasoning: undefined });
    expect(shown(whole)[1]).to.deep.equal(['reasoning', '1234', 'whole']);
  });

  it('tells its watcher each part once, and every piece in order', () => {
    const seen: unknown[] = [];
    const note = (what: string) => (part: AnswerPart, delta?: string) => seen.push([what, part.place, delta].join(' '));
    const draft = new AnswerDraft({ begun: note('begun'), added: note('added'), ended: note('ended') });
    const events = [text('a'), text('b'), call('c1', { a: 1 }), end('tool_calls')];
    for (const [index, event] of events.entries()) draft.add({ ...event, sequence: index + 1 });
    expect(seen).to.deep.equal([
      'begun 0 ',
      'added 0 a',
      'added 0 b',
      'ended 0 ',
      'begun 1 ',
      'added 1 {"a":1}',
      'ended 1 ',
    ]);
  });
});
