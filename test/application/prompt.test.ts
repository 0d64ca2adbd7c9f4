import { expect } from 'chai';
import { buildPrompt } from '../../src/application/prompt.js';
import type { Message, Role } from '../../src/domain/message.js';
import { NEW_YEAR } from '../support/builders.js';

function said(role: Role, content: string): Message {
  return { role, content, status: 'complete', runId: 'run1', createdAt: NEW_YEAR };
}

describe('the prompt', () => {
  it('is the system prompt and then user and assistant in turn', () => {
    const history = [said('user', 'one'), said('assistant', 'two'), said('user', 'three')];
    expect(buildPrompt('Be brief.', history)).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
    ]);
  });

  it('joins user messages that follow each other with a blank line', () => {
    const history = [said('user', 'one'), said('user', 'two'), said('user', 'three')];
    expect(buildPrompt('Be brief.', history).slice(1)).to.deep.equal([
      { role: 'user', content: 'one\n\ntwo\n\nthree' },
    ]);
  });
});
