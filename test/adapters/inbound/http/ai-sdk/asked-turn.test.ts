import { expect } from 'chai';
import { askedTurn, UnknownPlace } from '../../../../../src/adapters/inbound/http/ai-sdk/asked-turn.js';
import type { Message } from '../../../../../src/domain/message.js';
import { NEW_YEAR } from '../../../../support/builders.js';

/** What a session has: `u1` is what run `r1` was asked, `a1` its answer. */
const HISTORY = ['u1', 'a1', 'u2', 'u3', 'a3', 'u4'];

async function* latestFirst(words: readonly string[] = HISTORY): AsyncGenerator<Message> {
  for (const word of words.toReversed()) {
    const role = word.startsWith('u') ? 'user' : 'assistant';
    const kept = { content: word, status: 'complete', createdAt: NEW_YEAR, isRefused: false, index: 1 } as const;
    yield { ...kept, role, runId: `r${word.slice(1)}` };
  }
}

/** What a page has, in the same words. */
const page = (...words: string[]) =>
  words.map((word) => {
    const isAnswer = word.startsWith('a');
    const id = isAnswer ? `msg_r${word.slice(1)}` : `own-${word}`;
    return { id, role: isAnswer ? 'assistant' : 'user', parts: [{ type: 'text', text: word }] } as const;
  });

const CASES: Readonly<Record<string, { sent: ReturnType<typeof page>; turn: string | undefined }>> = {
  'the first message': { sent: page('changed'), turn: 'r1' },
  'a message behind an answer': { sent: page('u1', 'a1', 'changed'), turn: 'r2' },
  'a message behind one that was not answered': { sent: page('u1', 'a1', 'u2', 'changed'), turn: 'r3' },
  'the last message': { sent: page('u1', 'a1', 'u2', 'u3', 'a3', 'u4'), turn: 'r4' },
  'a message behind one that was refused': { sent: page('u1', 'a1', 'u2', 'u3', 'a3', 'refused', 'u4'), turn: 'r4' },
  'a message that was refused': { sent: page('u1', 'a1', 'u2', 'u3', 'a3', 'u4', 'refused'), turn: undefined },
  'a message of a page that sends no more than it has to': { sent: page('a3', 'changed'), turn: 'r4' },
};

describe('the turn that a message of a page began', () => {
  for (const [name, { sent, turn }] of Object.entries(CASES)) {
    it(`is found for ${name}`, async () => {
      expect(await askedTurn(sent, latestFirst())).to.equal(turn);
    });
  }

  it('is found behind an answer that has the id of the history', async () => {
    const [first, , last] = page('u1', 'a1', 'changed');
    const answer = { id: 'r1.assistant', role: 'assistant', parts: [] } as const;
    expect(first && last && (await askedTurn([first, answer, last], latestFirst()))).to.equal('r2');
  });

  it('is none in a session without a message', async () => {
    expect(await askedTurn(page('u1'), latestFirst([]))).to.equal(undefined);
  });

  it('is not guessed where the session does not have the answer', async () => {
    const error = await askedTurn(page('u1', 'a9', 'u2'), latestFirst()).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UnknownPlace);
  });
});
