import { expect } from 'chai';
import { MESSAGE_OPTIONS, mergedOptions, optionProblems, readOptions } from '../../src/domain/generation-options.js';

describe('the options of a model call', () => {
  it('are merged key by key, the nearer ones over the usual', () => {
    const usual = { temperature: 0.2, stop: ['END'], extra: { any: 1 } };
    expect(mergedOptions(usual, { temperature: 1, seed: 7 })).to.deep.equal({ ...usual, temperature: 1, seed: 7 });
    expect(mergedOptions(usual, {})).to.deep.equal(usual);
  });

  it('are merged in extra, too, where what is said under the name of the upstream stands over what is usual', () => {
    const usual = { temperature: 0.2, maxTokens: 9, extra: { any: 1, other: 2 } };
    expect(mergedOptions(usual, { extra: { any: 3, max_tokens: 5 } })).to.deep.equal({
      temperature: 0.2,
      extra: { any: 3, other: 2, max_tokens: 5 },
    });
  });

  it('have no problem at the ends of their ranges', () => {
    for (const written of [
      {},
      { temperature: 0, top_p: 0, max_tokens: 1, seed: 0 },
      { temperature: 2, top_p: 1, max_tokens: 1e9, seed: -7 },
      { stop: 'END' },
      { stop: [] },
      { reasoning_effort: 'minimal' },
    ])
      expect(optionProblems(written), JSON.stringify(written)).to.deep.equal([]);
  });

  const wrong: [name: string, value: unknown][] = [
    ...[-0.1, 2.1, '1', null, Number.NaN].map((value): [string, unknown] => ['temperature', value]),
    ...[0, -1, 1.5, '10', null, 1e300].map((value): [string, unknown] => ['max_tokens', value]),
    ...[-0.1, 1.1, true].map((value): [string, unknown] => ['top_p', value]),
    ...['', [''], [1], {}, null].map((value): [string, unknown] => ['stop', value]),
    ...[1.5, '7', null].map((value): [string, unknown] => ['seed', value]),
    ...['huge', 1, null].map((value): [string, unknown] => ['reasoning_effort', value]),
  ];
  for (const [name, value] of wrong) {
    it(`name what would be right for ${name} ${JSON.stringify(value)}`, () => {
      const problems = optionProblems({ [name]: value });
      expect(problems.map(({ path }) => path)).to.deep.equal([[name]]);
      expect(problems[0]?.message).to.match(/^must be /);
    });
  }

  it('are named with the nearest name where they are misspelt, and extra is for operators', () => {
    expect(optionProblems({ temprature: 1, extra: {} })).to.deep.equal([
      { path: ['temprature'], message: 'is no option; did you mean "temperature"?' },
      { path: ['extra'], message: `is no option; it must be one of ${MESSAGE_OPTIONS.join(', ')}` },
    ]);
    expect(optionProblems({ extra: { a: 1 } }, [...MESSAGE_OPTIONS, 'extra'])).to.deep.equal([]);
    expect(optionProblems({ constructor: 1 })).to.have.lengthOf(1);
  });

  it('are an object', () => {
    for (const written of [[], 'x', null, 1])
      expect(optionProblems(written)).to.have.nested.property('[0].path.length', 0);
  });

  it('are read by the names of the domain, one stop as a list', () => {
    expect(readOptions({ max_tokens: 5, top_p: 0.5, stop: 'END', reasoning_effort: 'low' })).to.deep.equal({
      maxTokens: 5,
      topP: 0.5,
      stop: ['END'],
      reasoningEffort: 'low',
    });
  });
});
