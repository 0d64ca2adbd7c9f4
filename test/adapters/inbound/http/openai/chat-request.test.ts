import { expect } from 'chai';
import { HttpProblem } from '../../../../../src/adapters/inbound/http/http-problem.js';
import { parseChatRequest } from '../../../../../src/adapters/inbound/http/openai/chat-request.js';
import { Agents } from '../../../../../src/domain/agents.js';
import { anAgent } from '../../../../support/builders.js';

const CHOICES = {
  agents: new Agents([anAgent(), anAgent({ name: 'coder' })]),
  modes: { usual: 'mock', known: ['mock', 'openai'], unusable: { openai: 'cannot be asked' } },
};
const user = { role: 'user', content: 'Hi' };
const parse = (fields: object) => parseChatRequest({ messages: [user], ...fields }, CHOICES);

function pathsRefused(body: unknown): unknown {
  try {
    parseChatRequest(body, CHOICES);
    return [];
  } catch (error) {
    return error instanceof HttpProblem ? error.errors?.map(({ path }) => path) : error;
  }
}

describe('a request for a chat completion', () => {
  for (const [fields, ...paths] of [
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: ['Hi'] }, 'messages.0'],
    [{ messages: [{ role: 'function', content: 'x', name: 'f' }] }, 'messages.0.role'],
    [{ messages: [{ content: 'x' }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: null }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages.0.content'],
    [{ messages: [{ role: 'assistant', content: null }] }, 'messages.0.content'],
    [
      { messages: [{ role: 'assistant', content: 'x', tool_calls: [{ id: 'c1' }] }] },
      'messages.0.tool_calls.0.type',
      'messages.0.tool_calls.0.function',
    ],
    [{ messages: [{ role: 'assistant', content: 'x', audio: { id: 'a' } }] }, 'messages.0.audio'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.tool_call_id'],
    [{ n: 2 }, 'n'],
    [{ functions: [] }, 'functions'],
    [{ audio: { voice: 'x' } }, 'audio'],
    [{ modalities: ['text', 'audio'] }, 'modalities.1'],
    [{ model: 7 }, 'model'],
    [{ model: '' }, 'model'],
    [{ model: 'openai:gpt-4o' }, 'model'],
    [{ model: 'agent/nobody' }, 'model'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ temperature: 3 }, 'temperature'],
    [{ top_p: '1' }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ stop: 1 }, 'stop'],
    [{ seed: 'x' }, 'seed'],
    [{ response_format: 'json' }, 'response_format'],
    [{ logit_bias: { a: 'b' } }, 'logit_bias.a'],
    [{ parallel_tool_calls: 'no' }, 'parallel_tool_calls'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools.0.type', 'tools.0.function'],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools.0.function.name'],
    [{ tool_choice: 'must' }, 'tool_choice'],
    [{ tool_choice: { type: 'allowed_tools', allowed_tools: {} } }, 'tool_choice.type', 'tool_choice.function'],
    [{ n: 2, seed: 'x' }, 'n', 'seed'],
  ] as const) {
    it(`is refused for ${paths.join(' and ')}: ${JSON.stringify(fields)}`, () => {
      expect(pathsRefused({ messages: [user], ...fields })).to.have.members(paths);
    });
  }

  it('is refused where it is no object', () => {
    expect(pathsRefused([])).to.deep.equal(['']);
  });

  it('passes on what it says, and takes null for nothing said', () => {
    const nothing = {
      n: null,
      stop: null,
      temperature: null,
      tools: null,
      tool_choice: null,
      stream: null,
      model: null,
    };
    expect(
      parse({ ...nothing, stream_options: null, audio: null, functions: null, seed: 0, user: 'ann', logprobs: 1 }),
    ).to.deep.equal({
      messages: [user],
      model: undefined,
      isStreamed: false,
      includesUsage: false,
      options: { seed: 0 },
      tools: [],
      toolChoice: undefined,
    });
  });

  it('leaves messages as they are, whatever else they hold', () => {
    const messages = [
      { role: 'system', content: 'x', name: 'boss' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }], refusal: null, audio: null },
      { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] },
    ];
    expect(parse({ messages }).messages).to.deep.equal(messages);
  });
});
