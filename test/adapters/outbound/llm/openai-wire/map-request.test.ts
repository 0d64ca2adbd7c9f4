import { expect } from 'chai';
import { mapRequest } from '../../../../../src/adapters/outbound/llm/openai-wire/map-request.js';
import type { CompletionRequest } from '../../../../../src/application/ports/llm-gateway.js';
import type { PromptMessage } from '../../../../../src/domain/prompt-message.js';
import { aRequest } from '../../../../support/pulled.js';

const PROMPT: readonly PromptMessage[] = [{ role: 'user', content: 'Read a' }];
const READ_FILE = {
  name: 'read_file',
  description: 'Reads a file',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const PING = { name: 'ping', description: undefined, parameters: { type: 'object' } };

const sent = (prompt = PROMPT, fields: Partial<CompletionRequest> = {}) =>
  JSON.parse(mapRequest(aRequest(prompt, fields), []));

describe('mapRequest', () => {
  it('offers tools as functions, and says nothing of who may use them', () => {
    const tools = [{ ...READ_FILE, approval: 'always' }, PING];
    expect(sent(PROMPT, { tools }).tools).to.deep.equal([
      { type: 'function', function: READ_FILE },
      { type: 'function', function: { name: 'ping', parameters: { type: 'object' } } },
    ]);
  });

  for (const choice of ['auto', 'none', 'required'] as const) {
    it(`passes the choice ${choice} on`, () => {
      expect(sent(PROMPT, { tools: [PING], toolChoice: choice }).tool_choice).to.equal(choice);
    });
  }

  it('names the one tool that is to be used', () => {
    const { tool_choice } = sent(PROMPT, { tools: [PING], toolChoice: { name: 'ping' } });
    expect(tool_choice).to.deep.equal({ type: 'function', function: { name: 'ping' } });
  });

  it('says nothing of a choice that nobody made', () => {
    expect(sent(PROMPT, { tools: [PING] })).not.to.have.property('tool_choice');
  });

  for (const tools of [undefined, []]) {
    it(`says nothing of tools where they are ${JSON.stringify(tools)}`, () => {
      const body = sent(PROMPT, { ...(tools && { tools }), toolChoice: 'required' });
      expect(body).to.have.all.keys('model', 'messages', 'stream');
    });
  }

  it('tells calls and their results', () => {
    const prompt: readonly PromptMessage[] = [
      ...PROMPT,
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { callId: 'c1', toolName: 'read_file', arguments: { path: 'ä' } },
          { callId: 'c2', toolName: 'ping', arguments: {} },
        ],
      },
      { role: 'tool', callId: 'c1', content: 'text' },
      { role: 'tool', callId: 'c2', content: '' },
      { role: 'assistant', content: 'Once more', toolCalls: [{ callId: 'c3', toolName: 'ping', arguments: {} }] },
      { role: 'tool', callId: 'c3', content: 'pong' },
    ];
    const call = (id: string, name: string, text: string) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    });
    expect(sent(prompt).messages).to.deep.equal([
      ...PROMPT,
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('c1', 'read_file', '{"path":"ä"}'), call('c2', 'ping', '{}')],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'text' },
      { role: 'tool', tool_call_id: 'c2', content: '' },
      { role: 'assistant', content: 'Once more', tool_calls: [call('c3', 'ping', '{}')] },
      { role: 'tool', tool_call_id: 'c3', content: 'pong' },
    ]);
  });

  it('tells no text that shows nothing beside calls', () => {
    const toolCalls = [{ callId: 'c1', toolName: 'ping', arguments: {} }];
    const { messages } = sent([{ role: 'assistant', content: ' \n\u200b', toolCalls }]);
    expect(messages[0].content).to.equal(null);
  });

  it('tells an answer without calls as text alone', () => {
    const [message] = sent([{ role: 'assistant', content: 'Hi', toolCalls: [] }]).messages;
    expect(message).to.deep.equal({ role: 'assistant', content: 'Hi' });
  });
});
