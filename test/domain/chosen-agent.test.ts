import { expect } from 'chai';
import { Agents } from '../../src/domain/agents.js';
import type { Choice } from '../../src/domain/choice.js';
import { agentNameOf, chosenFor, openingEvents } from '../../src/domain/chosen-agent.js';
import { type EndedRun, endRun } from '../../src/domain/run.js';
import { retoldEvents } from '../../src/domain/run-event.js';
import { anAgent, anEnding, aRun, NEW_YEAR } from '../support/builders.js';

const usual = anAgent({ model: 'mock:a' });
const coder = anAgent({
  name: 'coder',
  model: 'vllm:qwen',
  fallbacks: ['mock:a', 'openai:b'],
  options: { temperature: 1, seed: 1, extra: { top_k: 1 } },
});
const agents = new Agents([usual, coder]);

function asking(choice: Choice, fields: object = {}) {
  const request = { content: 'Hi', onBusy: undefined, onDisconnect: undefined, choice };
  return { ...aRun({ request }), ...fields };
}

describe('who answers a run', () => {
  it('is the usual agent where nobody is named, or has left since', () => {
    expect(chosenFor(aRun(), agents)).to.deep.equal(usual);
    expect(chosenFor(asking({ agent: 'gone' }), agents)).to.deep.equal(usual);
    expect(agentNameOf(asking({ agent: 'gone' }), agents)).to.equal('default');
  });

  it('is the agent of the message, else the one that it took over', () => {
    expect(chosenFor(asking({ agent: 'coder' }), agents)).to.deep.equal(coder);
    expect(agentNameOf(asking({}, { inherited: { agent: 'coder' } }), agents)).to.equal('coder');
    expect(agentNameOf(asking({ agent: 'default' }, { inherited: { agent: 'coder' } }), agents)).to.equal('default');
  });

  it('has the options of the message over its own, key by key, and what is for the operator alone stays', () => {
    const chosen = chosenFor(asking({ agent: 'coder', options: { temperature: 0, stop: 'END' } }), agents);
    expect(chosen.options).to.deep.equal({ temperature: 0, seed: 1, stop: ['END'], extra: { top_k: 1 } });
  });

  it('is asked for the model of the message, and that is no fallback of itself', () => {
    const { model, fallbacks } = chosenFor(asking({ agent: 'coder', model: 'openai:b' }), agents);
    expect([model, fallbacks]).to.deep.equal(['openai:b', ['mock:a']]);
  });

  it('is a model alone where that is asked for: nothing of any agent is added', () => {
    const own = anAgent({ options: { seed: 1 }, tools: ['read'], fallbacks: ['mock:b'] });
    const bare = chosenFor(
      asking({ bare: true, model: 'mock:c' }, { inherited: { agent: 'coder' } }),
      new Agents([own, coder]),
    );
    expect(bare).to.deep.include({ model: 'mock:c', options: {}, tools: [], fallbacks: ['mock:b'] });
    expect(bare.instructions.text).to.equal('');
  });

  it('is told the instructions that a message brings, also where it has none of its own', () => {
    const silent = anAgent({ instructions: { text: '', role: 'none' } });
    const instructions = { text: 'Be kind.', role: 'system' };
    for (const one of [silent, usual])
      expect(chosenFor(asking({ instructions: 'Be kind.' }), new Agents([one]))).to.deep.include({ instructions });
  });

  it('is told before anything else where the session goes over to it; whoever has left counts as the usual one', () => {
    const switching = { reason: 'why' };
    const request = { ...asking({ agent: 'coder' }).request, switching };
    const told = { type: 'agent-switched', sequence: 1, to: 'coder', reason: 'why' };
    for (const [switchedFrom, from] of [
      ['coder', 'coder'],
      ['gone', 'default'],
    ] as const)
      expect(openingEvents({ ...aRun({ request }), switchedFrom }, agents)).to.deep.equal([{ ...told, from }]);
    expect(openingEvents(asking({ agent: 'coder' }), agents)).to.deep.equal([]);
  });

  it('is told again from what is kept: the switch, the answer, the usage that was asked for, the ending', () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const request = { ...asking({ agent: 'coder', include: ['usage'] }).request, switching: {} };
    const run: EndedRun = endRun(
      { ...aRun({ request, switchedFrom: 'default' }), model: 'vllm:qwen' },
      anEnding({ usage }),
    );
    expect(retoldEvents(run, openingEvents(run, agents), { text: 'Hello', steps: [] })).to.deep.equal([
      { type: 'agent-switched', sequence: 1, from: 'default', to: 'coder' },
      { type: 'text-delta', sequence: 2, text: 'Hello' },
      { type: 'usage', sequence: 3, usage },
      { type: 'run-end', sequence: 4, finishReason: 'stop', usage, model: 'vllm:qwen', at: NEW_YEAR },
    ]);
    const calls = [{ callId: 'c1', toolName: 'read', arguments: { path: 'a' } }];
    const results = [{ callId: 'c1', status: 'ok' as const, content: 'found', at: NEW_YEAR }];
    const steps = [
      { textEnd: 4, calls, results },
      { textEnd: 4, calls, results },
    ];
    const told = [
      'text-delta',
      'tool-call',
      'tool-result',
      'tool-call',
      'tool-result',
      'text-delta',
      'usage',
      'run-end',
    ];
    expect(retoldEvents(run, [], { text: 'LookDone', steps }).map(({ type }) => type)).to.deep.equal(told);
    const leaving = { ...run, finishReason: 'tool_calls' } as const;
    expect(retoldEvents(leaving, [], { text: 'Look', steps }).map(({ type }) => type)).to.deep.equal([
      ...told.slice(0, 4),
      ...told.slice(6),
    ]);
    const { choice: _, ...plain } = request;
    expect(retoldEvents({ ...run, request: plain }, [], { text: '', steps: [] })).to.deep.equal([
      { type: 'run-end', sequence: 1, finishReason: 'stop', usage, model: 'vllm:qwen', at: NEW_YEAR },
    ]);
  });
});
