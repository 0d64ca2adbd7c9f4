import { expect } from 'chai';
import { promptOfTranscript } from '../../src/domain/transcript.js';

const call = { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{ "path": "a" }' } };

describe('the prompt that a client has brought along', () => {
  it('has each message as it was written, and what we need to know of it', () => {
    const transcript = [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'Read ' },
          { type: 'text', text: 'a.' },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'A' },
      { role: 'assistant', content: 'It is A.' },
    ];
    const prompt = promptOfTranscript(transcript);
    expect(prompt.map(({ written }) => written)).to.deep.equal(transcript);
    expect(prompt.map(({ written, ...known }) => known)).to.deep.equal([
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Read a.' },
      {
        role: 'assistant',
        content: '',
        toolCalls: [{ callId: 'c1', toolName: 'read_file', arguments: { path: 'a' } }],
      },
      { role: 'tool', callId: 'c1', content: 'A' },
      { role: 'assistant', content: 'It is A.', toolCalls: [] },
    ]);
  });

  it('takes arguments that are no object of JSON for none', () => {
    for (const written of ['{"pa', '[]', 'null', '1', 7, undefined]) {
      const calls = [{ ...call, function: { name: 'x', arguments: written } }];
      const [message] = promptOfTranscript([{ role: 'assistant', tool_calls: calls }]);
      expect(message).to.have.nested.property('toolCalls[0].arguments').that.deep.equals({});
    }
  });
});
