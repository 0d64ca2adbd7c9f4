import { expect } from 'chai';
import { Agents } from '../../src/domain/agents.js';
import { matchesPattern } from '../../src/domain/tool.js';
import { anAgent } from '../support/builders.js';

describe('agents', () => {
  const usual = anAgent();
  const coder = anAgent({ name: 'coder', model: 'vllm:qwen', fallbacks: ['mock:a', 'openai:b'] });
  const agents = new Agents([coder, usual]);

  it('are found by their names', () => {
    expect([agents.find('coder'), agents.find('toString'), agents.usual]).to.deep.equal([coder, undefined, usual]);
  });

  it('count as the usual one when they have left', () => {
    expect([agents.named('coder'), agents.named('gone')]).to.deep.equal([coder, usual]);
  });

  it('tell the nearest name of one that is not there', () => {
    expect(agents.problemOf('coder')).to.equal(undefined);
    expect(agents.problemOf('codr')).to.equal('is no agent; did you mean "coder"?');
    expect(agents.problemOf('lawyer')).to.equal('is no agent; it must be one of coder, default');
  });

  it('ask the modes of their models and fallbacks', () => {
    expect(agents.modes).to.deep.equal(['vllm', 'mock', 'openai']);
  });

  it('name tools by patterns in which a star stands for any letters', () => {
    expect(['read_file', 'read_', 'file'].map((name) => matchesPattern(name, 'read_*'))).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(matchesPattern('a', '*')).to.equal(true);
    expect(matchesPattern('axb', 'a.b')).to.equal(false);
  });
});
