import { expect } from 'chai';
import { resentTurn } from '../../../../../src/adapters/inbound/http/door/resent-turn.js';

const asked = { role: 'user', text: 'one' };
const answered = { role: 'assistant', text: 'two' };

describe('the turn in a history that is sent again', () => {
  it('is what follows the last answer, whether all is sent or only what is new', () => {
    const fresh = { role: 'user', text: 'three' };
    for (const messages of [[fresh], [asked, answered, fresh], [asked, answered, asked, answered, fresh]])
      expect(resentTurn(messages)).to.deep.equal({ content: 'three', results: [] });
  });

  it('joins what the user said several times in a row', () => {
    expect(resentTurn([answered, asked, asked]).content).to.equal('one\n\none');
  });

  it('has the results of calls, those that failed told apart', () => {
    const results = [
      { role: 'tool', text: 'A', callId: 'c1' },
      { role: 'tool', text: 'away', callId: 'c2', isError: true },
    ];
    expect(resentTurn([asked, answered, ...results])).to.deep.equal({
      content: undefined,
      results: [
        { callId: 'c1', status: 'ok', content: 'A' },
        { callId: 'c2', status: 'error', content: 'away' },
      ],
    });
  });

  it('is nothing where the answer comes last, and leaves instructions to the run', () => {
    expect(resentTurn([asked, answered])).to.deep.equal({ content: undefined, results: [] });
    expect(resentTurn([{ role: 'system', text: 'Be brief.' }])).to.deep.equal({ content: undefined, results: [] });
  });
});
