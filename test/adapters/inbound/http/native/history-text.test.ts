import { expect } from 'chai';
import { historyText } from '../../../../../src/adapters/inbound/http/native/history-text.js';
import { messageView } from '../../../../../src/adapters/inbound/http/native/session-view.js';
import type { Message } from '../../../../../src/domain/message.js';
import { NEW_YEAR } from '../../../../support/builders.js';

const KIBI = 1024;

function aMessageOf(content: string): Message {
  const name = { role: 'user', runId: 'run1', index: 1 } as const;
  return { ...name, content, status: 'complete', createdAt: NEW_YEAR, isRefused: false };
}

describe('the text of a history', () => {
  const contents = {
    'an empty one': '',
    'one with quotes, escapes and line ends': 'a"content":"b\\c\n\u2028\u0000',
    'one as long as a slice': 'x'.repeat(64 * KIBI),
    'a large one whose pairs of surrogates are cut apart': `x${'🙂'.repeat(100 * KIBI)}`,
  };
  for (const [name, content] of Object.entries(contents)) {
    it(`is what was said: ${name}`, () => {
      const messages = [aMessageOf(content), aMessageOf('next')];
      const text = [...historyText(messages, true), ...historyText(messages, false)].join('');
      expect(JSON.parse(`[${text}]`)).to.deep.equal([...messages, ...messages].map(messageView));
    });
  }

  it('comes in pieces that are never large', () => {
    const pieces = [...historyText([aMessageOf('\u0001'.repeat(1000 * KIBI))], true)];
    expect(Math.max(...pieces.map(({ length }) => length))).to.be.at.most(6 * 64 * KIBI);
  });
});
