import { expect } from 'chai';
import { fullModelName, modelProblem, partsOfModel } from '../../src/domain/model-name.js';

const MODES = { usual: 'vllm', known: ['mock', 'openai', 'vllm'], unusable: { openai: 'needs OPENAI_API_KEY' } };

describe('the name of a model', () => {
  it('is for the usual mode where it has none', () => {
    expect(fullModelName(' qwen ', 'vllm')).to.equal('vllm:qwen');
    expect(fullModelName('mock:qwen', 'vllm')).to.equal('mock:qwen');
  });

  it('ends its mode at the first colon', () => {
    expect(partsOfModel('openai:llama3:8b')).to.deep.equal({ mode: 'openai', name: 'llama3:8b' });
  });

  const problems: [written: string, problem: string | undefined][] = [
    ['qwen', undefined],
    ['mock:a/b c', undefined],
    ['openai:gpt', 'needs OPENAI_API_KEY'],
    ['llama3:8b', 'must begin with a mode (mock, openai, vllm); did you mean "vllm:llama3:8b"?'],
    ['opnai:gpt', 'must begin with a mode (mock, openai, vllm); did you mean "openai:gpt"?'],
    ['OpenAI:gpt', 'must begin with a mode (mock, openai, vllm); did you mean "openai:gpt"?'],
    ['constructor:x', 'must begin with a mode (mock, openai, vllm); did you mean "vllm:constructor:x"?'],
    [' ', 'must be <mode>:<name>, or a name for the mode that is set'],
    ['mock:', 'must be <mode>:<name>, or a name for the mode that is set'],
    ['mock: x', 'must be <mode>:<name>, or a name for the mode that is set'],
    ['mock:a\nb', 'must be <mode>:<name>, or a name for the mode that is set'],
  ];
  for (const [written, problem] of problems) {
    it(`${JSON.stringify(written)} ${problem === undefined ? 'can be chosen' : 'is refused with what would be right'}`, () => {
      expect(modelProblem(written, MODES)).to.equal(problem);
    });
  }
});
