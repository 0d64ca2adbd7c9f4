import { expect } from 'chai';
import { promptOf, toldTurns } from '../../src/application/prompt.js';
import type { Instructions } from '../../src/domain/agent.js';
import type { Message, Role } from '../../src/domain/message.js';
import { NEW_YEAR } from '../support/builders.js';

const BRIEF: Instructions = { text: 'Be brief.', role: 'system' };
const UNTOLD: Instructions = { text: 'Be brief.', role: 'none' };

function said(role: Role, content: string, isRefused = false): Message {
  return { role, content, status: 'complete', runId: 'run1', index: 1, createdAt: NEW_YEAR, isRefused };
}

const user = (content: string) => said('user', content);
const assistant = (content: string) => said('assistant', content);
const refused = (content: string) => said('user', content, true);

const buildPrompt = (instructions: Instructions, history: readonly Message[]) =>
  promptOf(instructions, toldTurns(history));

/** The prompt in a line: `u:one a:two`. */
function told(...history: readonly Message[]): string {
  return buildPrompt(UNTOLD, history)
    .map(({ role, content }) => `${role[0]}:${content.replaceAll('\n\n', '+')}`)
    .join(' ');
}

describe('the prompt', () => {
  it('is the system prompt and then user and assistant in turn', () => {
    expect(buildPrompt(BRIEF, [user('one'), assistant('two'), user('three')])).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
    ]);
  });

  it('joins user messages that follow each other with a blank line', () => {
    const history = [user('one'), user('two'), user('three')];
    expect(buildPrompt(BRIEF, history).slice(1)).to.deep.equal([{ role: 'user', content: 'one\n\ntwo\n\nthree' }]);
  });

  describe('tells the instructions', () => {
    const history = [user('one'), assistant('two'), user('three')];
    const rest = history.slice(1).map(({ role, content }) => ({ role, content }));

    it('as a developer where the model wants that', () => {
      const [first] = buildPrompt({ ...BRIEF, role: 'developer' }, history);
      expect(first).to.deep.equal({ role: 'developer', content: 'Be brief.' });
    });

    it('in front of the first user message where no other role is allowed', () => {
      const prompt = buildPrompt({ ...BRIEF, role: 'user' }, history);
      expect(prompt).to.deep.equal([{ role: 'user', content: 'Be brief.\n\none' }, ...rest]);
    });

    it('in front of the first user message that is told, when the one before was refused', () => {
      const prompt = buildPrompt({ ...BRIEF, role: 'user' }, [refused('bad'), user('one')]);
      expect(prompt).to.deep.equal([{ role: 'user', content: 'Be brief.\n\none' }]);
    });

    it('not at all where they are not wanted, or blank', () => {
      for (const instructions of [UNTOLD, { ...BRIEF, text: '' }, { text: ' \n', role: 'user' } as const])
        expect(buildPrompt(instructions, history)).to.deep.equal([{ role: 'user', content: 'one' }, ...rest]);
    });
  });

  it('leaves out what the provider refused, question and answer', () => {
    expect(told(user('one'), assistant('two'), refused('bad'), user('three'))).to.equal('u:one a:two u:three');
    expect(told(refused('bad'), said('assistant', 'cut', true), user('three'))).to.equal('u:three');
  });

  it('leaves out answers that are blank, whatever they are blank with', () => {
    for (const blank of [
      '\n\n',
      ' ',
      '\t\r\n',
      '\u00a0',
      '\u200b',
      '\ufeff',
      '\u2028',
      '\u3000',
      '\u2060\u00ad',
      '\u2800',
      '\u0000',
    ])
      expect(told(user('one'), assistant(blank), user('two')), JSON.stringify(blank)).to.equal('u:one+two');
    expect(told(user('one'), assistant(' . '), user('two'))).to.equal('u:one a: .  u:two');
  });

  it('keeps what was not answered for another reason, also beside a refused message', () => {
    expect(told(user('cancelled'), refused('bad'), user('three'))).to.equal('u:cancelled+three');
  });

  it('leaves out unanswered messages too, once two were refused together with them', () => {
    expect(told(user('why'), refused('two'), refused('three'), user('four'))).to.equal('u:four');
    expect(told(user('why'), refused('two'), user('unanswered'), refused('three'), user('four'))).to.equal('u:four');
  });

  it('keeps what was answered, however many were refused after it', () => {
    const answered = [user('one'), assistant('two')];
    expect(told(...answered, refused('a'), refused('b'), user('three'))).to.equal('u:one a:two u:three');
    expect(told(user('cut'), refused('a'), ...answered, refused('b'), user('three'))).to.equal(
      'u:cut+one a:two u:three',
    );
  });
});
