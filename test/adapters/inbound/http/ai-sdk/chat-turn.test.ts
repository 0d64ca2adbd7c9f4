import { expect } from 'chai';
import { type ChatRequest, parseChatRequest } from '../../../../../src/adapters/inbound/http/ai-sdk/chat-request.js';
import { chatTurn } from '../../../../../src/adapters/inbound/http/ai-sdk/chat-turn.js';
import { HttpProblem } from '../../../../../src/adapters/inbound/http/http-problem.js';
import { memoryStore } from '../../../../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../../../../src/adapters/outbound/persistence/store.js';
import { ReadingPlaces } from '../../../../../src/application/reading-places.js';
import { GetHistory } from '../../../../../src/application/use-cases/get-history.js';
import { GetSession } from '../../../../../src/application/use-cases/get-session.js';
import { Agents } from '../../../../../src/domain/agents.js';
import { aLease, anAgent, anAttempt, aReply, aTurn, chunks, NEVER } from '../../../../support/builders.js';
import { FixedClock } from '../../../../support/fixed-clock.js';
import { MemoryLogger } from '../../../../support/memory-logger.js';

const CHOICES = { agents: new Agents([anAgent()]), modes: { usual: 'mock', known: ['mock'], unusable: {} } };
const message = (role: string, id: string, text: string) => ({ role, id, parts: [{ type: 'text', text }] });
const asked = (number: number) => message('user', `own${number}`, `Q${number}`);
const answered = (number: number) => message('assistant', `msg_run${number}`, `A${number}`);

describe('what a page means with the messages that it sends', () => {
  let store: Store;

  before(async () => {
    store = await memoryStore.open({}, { clock: new FixedClock(), log: new MemoryLogger(), leaseMilliseconds: 15_000 });
    for (const number of [1, 2]) {
      await store.sessions.accept(aTurn({ runId: `run${number}`, content: `Q${number}` }));
      await store.runs.beginAttempt(aLease(`run${number}`), anAttempt());
      await store.journal.append(aLease(`run${number}`), chunks([`A${number}`]), NEVER);
      await store.runs.end(aLease(`run${number}`), aReply(`A${number}`, 1));
    }
  });
  after(() => store.close());

  const turn = async (fields: object, id = 'session1') => {
    const chat: ChatRequest = parseChatRequest({ id, ...fields }, CHOICES);
    const [getHistory, getSession] = [
      new GetHistory(store.sessions, new ReadingPlaces()),
      new GetSession(store.sessions),
    ];
    const { turn: meant } = await chatTurn(chat, { getHistory, getSession, by: { userId: undefined } });
    return { content: meant.content, replaces: meant.replaces };
  };
  const whole = [asked(1), answered(1), asked(2), answered(2)];
  const again = { trigger: 'regenerate-message' };

  for (const [what, fields, content, replaces] of [
    ['something new, behind everything', { messages: [...whole, message('user', 'own3', 'Q3')] }, 'Q3', undefined],
    ['something new, sent alone', { messages: [message('user', 'own3', 'Q3')] }, 'Q3', undefined],
    ['its last message, edited', { messages: [...whole.slice(0, 2), asked(2)], messageId: 'own2' }, 'Q2', 'run2'],
    ['its first message, edited', { messages: [message('user', 'own1', 'New')], messageId: 'own1' }, 'New', 'run1'],
    ['the last answer again', { messages: whole.slice(0, 3), ...again }, undefined, 'run2'],
    ['an answer that it names', { messages: whole.slice(0, 1), ...again, messageId: 'msg_run1' }, undefined, 'run1'],
    ['a message that was refused, once more', { messages: [...whole, asked(3)], ...again }, 'Q3', undefined],
  ] as const) {
    it(`is ${what}`, async () => {
      expect(await turn(fields)).to.deep.equal({ content, replaces });
    });
  }

  it('is something new in a chat that is not known', async () => {
    expect(await turn({ messages: [asked(1)] }, 'unknown')).to.deep.equal({ content: 'Q1', replaces: undefined });
  });

  for (const [what, fields, path] of [
    ['a message that the chat does not have', { messages: whole, messageId: 'other' }, 'messageId'],
    [
      'a place behind an answer that the session does not have',
      { messages: [answered(9), asked(3)], messageId: 'own3' },
      'messageId',
    ],
    ['no message of the user', { messages: [answered(2)], ...again }, 'messages'],
    ['an answer that tells nothing of a call', { messages: whole }, 'messages.3'],
  ] as const) {
    it(`is refused where it names ${what}`, async () => {
      const refusal = await turn(fields).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(HttpProblem);
      expect(refusal).to.have.nested.property('errors[0].path', path);
    });
  }
});
