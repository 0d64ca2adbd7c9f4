import { expect } from 'chai';
import { HttpProblem } from '../../../../../src/adapters/inbound/http/http-problem.js';
import { parseResponseRequest } from '../../../../../src/adapters/inbound/http/openai-responses/response-request.js';
import { Agents } from '../../../../../src/domain/agents.js';
import { anAgent } from '../../../../support/builders.js';

const CHOICES = {
  agents: new Agents([anAgent()]),
  modes: { usual: 'mock', known: ['mock'], unusable: {} },
};
const parse = (fields: object) => parseResponseRequest({ input: 'Hi', ...fields }, CHOICES);
const user = { role: 'user', content: 'Hi' };
const given = { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{}' };

function pathsRefused(body: unknown): unknown {
  try {
    parseResponseRequest(body, CHOICES);
    return [];
  } catch (error) {
    return error instanceof HttpProblem ? error.errors?.map(({ path }) => path) : error;
  }
}

describe('a request for a response', () => {
  for (const [fields, ...paths] of [
    [{ input: undefined }, 'input'],
    [{ input: null }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['Hi'] }, 'input'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input'],
    [{ input: [{ type: 'computer_call' }] }, 'input'],
    [{ input: [{ role: 'tool', content: 'x' }] }, 'input'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] }, 'input'],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'x' }] }] }, 'input'],
    [{ input: [{ type: 'function_call', call_id: 'c1' }] }, 'input'],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input'],
    [{ model: 1 }, 'model'],
    [{ model: 'agent/nobody' }, 'model'],
    [{ instructions: [] }, 'instructions'],
    [{ stream: 1 }, 'stream'],
    [{ background: 'yes' }, 'background'],
    [{ background: true, store: false }, 'background'],
    [{ previous_response_id: 1 }, 'previous_response_id'],
    [{ conversation: '' }, 'conversation'],
    [{ conversation: { id: 'a b' } }, 'conversation'],
    [{ conversation: {} }, 'conversation'],
    [{ conversation: 'a', previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ tools: [{ type: 'web_search' }] }, 'tools.0.type', 'tools.0.name'],
    [{ tools: [{ type: 'function', name: 'a b', parameters: {} }] }, 'tools.0.name'],
    [{ tools: [{ type: 'function', function: { name: 'add' } }] }, 'tools.0.name'],
    [{ tool_choice: { type: 'web_search' } }, 'tool_choice.type', 'tool_choice.name'],
    [{ temperature: 2.1 }, 'temperature'],
    [{ top_p: -1 }, 'top_p'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ metadata: 'x' }, 'metadata'],
    [{ truncation: {} }, 'truncation'],
  ] as const) {
    it(`is refused for ${paths.join(' and ')}: ${JSON.stringify(fields)}`, () => {
      const refused = pathsRefused({ input: 'Hi', ...fields });
      const heads = Array.isArray(refused)
        ? refused.map((path) => (path.startsWith('input') ? 'input' : path))
        : refused;
      expect([...new Set(Array.isArray(heads) ? heads : [heads])]).to.have.members([...new Set(paths)]);
    });
  }

  it('names the item that is wrong', () => {
    expect(pathsRefused({ input: [user, { type: 'item_reference', id: 'x' }] })).to.deep.equal(['input.1.type']);
    expect(pathsRefused({ input: [user, { role: 'tool', content: 'x' }] })).to.deep.equal(['input.1.role']);
  });

  it('takes null for nothing said, and ignores what means nothing here', () => {
    const nothing = {
      model: null,
      tools: null,
      tool_choice: null,
      conversation: null,
      previous_response_id: null,
      store: null,
    };
    expect(
      parse({ ...nothing, temperature: null, include: ['x'], service_tier: 'auto', prompt: { id: 'x' } }),
    ).to.deep.equal({
      messages: [user],
      model: undefined,
      instructions: undefined,
      isStreamed: false,
      isInBackground: false,
      previousResponse: undefined,
      session: undefined,
      options: {},
      tools: [],
      toolChoice: undefined,
      echo: {},
    });
  });

  it('tells its items as the messages of a chat: a text and the calls behind it are one', () => {
    const text = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'I will', annotations: [] }],
    };
    const output = { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: '2' }] };
    const input = [user, { type: 'reasoning', id: 'r', summary: [] }, text, given, { ...given, call_id: 'c2' }, output];
    const call = (id: string) => ({ id, type: 'function', function: { name: 'add', arguments: '{}' } });
    expect(parse({ input }).messages).to.deep.equal([
      user,
      { role: 'assistant', content: 'I will', tool_calls: [call('c1'), call('c2')] },
      { role: 'tool', tool_call_id: 'c1', content: '2' },
    ]);
    expect(parse({ input: [given] }).messages).to.deep.equal([
      { role: 'assistant', content: null, tool_calls: [call('c1')] },
    ]);
  });
});
