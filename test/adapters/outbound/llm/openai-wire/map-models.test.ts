import { expect } from 'chai';
import { mapModels } from '../../../../../src/adapters/outbound/llm/openai-wire/map-models.js';
import { LlmError } from '../../../../../src/domain/errors.js';

describe('mapModels', () => {
  const ids = (json: unknown) => mapModels(JSON.stringify(json), 'test').map(({ id }) => id);

  const LISTS: readonly (readonly [name: string, json: unknown, ids: readonly string[]])[] = [
    ['nothing', { object: 'list', data: null }, []],
    ['an empty list', { data: [] }, []],
    ['ids alone', ['a', 'b'], ['a', 'b']],
    ['ids alone under data', { data: ['a', 'b'] }, ['a', 'b']],
    ['a list under models', { models: [{ id: 'a' }, 'b'] }, ['a', 'b']],
    ['a list of Ollama', { models: [{ name: 'llama', model: 'llama:latest', size: 1 }] }, ['llama:latest']],
    ['a list of Gemini', { models: [{ name: 'models/gemini', displayName: 'Gemini' }] }, ['models/gemini']],
    ['two lists, as llama.cpp does', { models: [{ name: 'a' }], data: [{ id: 'a.gguf' }] }, ['a.gguf']],
    ['models, and data that is nothing', { data: null, models: ['a'] }, ['a']],
    ['models under their ids', { data: { a: { id: 'x' }, b: {} } }, ['x', 'b']],
    ['a number for an id', [{ id: 7 }, 'b'], ['7', 'b']],
    ['entries without an id', { data: [{}, { id: '' }, { id: ' ' }, { id: null }, { id: {} }, { id: 'a' }] }, ['a']],
    ['entries that are none', { data: [null, 'a', 1.5, true, [], [['b']], { name: 'For people' }] }, ['a', '1.5']],
  ];
  for (const [name, json, expected] of LISTS) {
    it(`lists what can be read of ${name}`, () => {
      expect(ids(json)).to.deep.equal(expected);
    });
  }

  it('leaves out each field that it cannot read, and keeps the model', () => {
    const odd = [
      { context_length: '8192' },
      { context_length: -1, max_model_len: 4096 },
      { context_length: 0.5, context_window: {} },
      { name: 1, provider: [], is_available: 'no', context_length: Number.MAX_VALUE },
      { name: '', provider: ' ', is_available: null, context_length: null },
    ];
    const models = mapModels(JSON.stringify({ data: odd.map((fields) => ({ id: 'a', ...fields })) }), 'test');
    const a = { id: 'a', name: 'a', provider: 'test', contextLength: undefined, isAvailable: true };
    expect(models).to.deep.equal([a, { ...a, contextLength: 4096 }, a, a, a]);
  });

  for (const text of ['', 'none', '1', 'null', '"a"', '{}', '{"data":"a"}', '{"data":[{}]}', '[{"name":"no id"}]'])
    it(`refuses ${text || 'an empty body'}, in which there is no list to read`, () => {
      expect(() => mapModels(text, 'test'))
        .to.throw(LlmError)
        .with.property('code', 'upstream_protocol');
    });
});
