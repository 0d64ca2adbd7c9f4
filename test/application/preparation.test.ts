import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import { Preparation, PreparationTooSlow } from '../../src/application/preparation.js';
import { PromptWindow } from '../../src/application/prompt-window.js';
import { LlmError, StoreUnavailable } from '../../src/domain/errors.js';
import { messagesOfRun } from '../../src/domain/message.js';
import type { ToolDefinition } from '../../src/domain/tool.js';
import { anAgent, aRun, aSession, errorOf, NEVER } from '../support/builders.js';
import { aBudget } from '../support/prompt-budgets.js';

const ASKED = { agent: anAgent(), tools: [] };

type Sessions = Pick<SessionRepository, 'latestMessages' | 'find'>;

const find: Sessions['find'] = () => Promise.reject(new Error('not asked for'));

const page = (...texts: readonly string[]) =>
  texts.flatMap((content) =>
    messagesOfRun(aRun({ request: { content, onBusy: undefined, onDisconnect: undefined } }), ''),
  );

function sessionsThat(read: () => AsyncIterable<ReturnType<typeof page>>): Sessions {
  return { latestMessages: read, find };
}

describe('Preparation', () => {
  it('reads all pages, again from the start when the store was away amid them', async () => {
    let readings = 0;
    const sessions = sessionsThat(async function* () {
      readings += 1;
      yield page('two');
      if (readings === 1) throw new StoreUnavailable();
      yield page('one');
    });
    const history = await new Preparation(sessions, aBudget()).history(aRun(), ASKED, NEVER);
    expect(history.messages.map(({ content }) => content)).to.deep.equal(['one', 'two']);
  });

  it('gives up a reading that never comes to its end, however it fails to', async () => {
    const hanging = sessionsThat(async function* () {
      yield page('one');
      await new Promise(() => {});
    });
    const away = sessionsThat(async function* () {
      yield page('one');
      throw new StoreUnavailable();
    });
    for (const sessions of [hanging, away])
      expect(await errorOf(new Preparation(sessions, aBudget(), 100).history(aRun(), ASKED, NEVER))).to.be.instanceOf(
        PreparationTooSlow,
      );
  });

  it('leaves no timer and no listener behind, which would hold what was read', async () => {
    const clock = sinon.useFakeTimers();
    const { signal } = new AbortController();
    try {
      await new Preparation({ latestMessages: async function* () {}, find }, aBudget()).history(aRun(), ASKED, signal);
      expect(clock.countTimers()).to.equal(0);
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    } finally {
      clock.restore();
    }
  });

  it('gives its reason when it is stopped meanwhile', async () => {
    const stop = new AbortController();
    const away = sessionsThat(async function* () {
      yield page('one');
      stop.abort(new Error('stopped'));
      throw new StoreUnavailable();
    });
    expect(await errorOf(new Preparation(away, aBudget()).history(aRun(), ASKED, stop.signal))).to.have.property(
      'message',
      'stopped',
    );
  });

  it('reads no further than can be sent, and says that it is too long', async () => {
    let pages = 0;
    const endless = sessionsThat(async function* () {
      for (;;) {
        pages += 1;
        yield page('x'.repeat(100));
      }
    });
    const error = await errorOf(new Preparation(endless, aBudget(), 60_000, 1000).history(aRun(), ASKED, NEVER));
    expect(error).to.be.instanceOf(LlmError).with.property('code', 'upstream_too_long');
    expect(pages).to.equal(11);
  });

  it('reads a history of any length only as far as its agent has room', async () => {
    for (const length of [100, 10_000]) {
      let read = 0;
      const sessions = sessionsThat(async function* () {
        for (let turn = 0; turn < length; turn += 1) {
          read += 1;
          yield page('one two three four five six');
        }
      });
      const find = () => Promise.resolve(aSession({ tellableCount: length }));
      const agent = anAgent({ contextTokens: 206 });
      const preparation = new Preparation({ ...sessions, find }, aBudget());
      const window = PromptWindow.of(await preparation.history(aRun(), { agent, tools: [] }, NEVER));
      expect(read, `of ${length}`).to.equal(21);
      expect(window.context).to.deep.equal({ messages: 20, leftOut: length - 20, tokens: 206 });
    }
  });

  describe('where an agent has room for twenty messages of ten tokens', () => {
    const agent = anAgent({ contextTokens: 206 });
    const sessions = sessionsThat(async function* () {
      for (let turn = 0; turn < 100; turn += 1) yield page('one two three four five six');
    });
    const find = () => Promise.resolve(aSession({ tellableCount: 100 }));
    const windowWith = async (tools: readonly ToolDefinition[]) =>
      PromptWindow.of(await new Preparation({ ...sessions, find }, aBudget()).history(aRun(), { agent, tools }, NEVER));

    it('reads the turn that goes on whole, also where that alone takes more', async () => {
      const [question] = page('one two three four five six');
      if (question === undefined) throw new Error('There is no message.');
      const said = Array.from({ length: 30 }, (_, index) => {
        return { ...question, role: 'assistant', runId: `other${index}` } as const;
      });
      let read = 0;
      const long = sessionsThat(async function* () {
        for (const messages of [said.slice(15), said.slice(0, 15), [question], page('one')]) {
          read += 1;
          yield messages;
        }
      });
      const preparation = new Preparation({ ...long, find }, aBudget());
      const window = PromptWindow.of(await preparation.history(aRun(), { agent, tools: [] }, NEVER));
      expect(window.context).to.deep.equal({ messages: 31, leftOut: 69, tokens: 6 + 31 * 10 });
      expect(window.prompt(agent.instructions)).to.have.nested.property('[1].role', 'user');
      expect(read).to.equal(3);
    });

    it('begins with no answer whose question was not read, also where a turn between was refused', async () => {
      const [question] = page('one two three four five six');
      if (question === undefined) throw new Error('There is no message.');
      const refused = { ...question, runId: 'refused', isRefused: true };
      const unanswered = { ...question, runId: 'unanswered', content: 'word '.repeat(96) };
      const halfTurn = { ...question, role: 'assistant', runId: 'other', content: 'word '.repeat(106) } as const;
      const cut = sessionsThat(async function* () {
        yield [question, refused, refused, unanswered, halfTurn];
        throw new Error('This is not read.');
      });
      const preparation = new Preparation({ ...cut, find }, aBudget());
      const window = PromptWindow.of(await preparation.history(aRun(), { agent, tools: [] }, NEVER));
      expect(window.prompt(agent.instructions).map(({ role }) => role)).to.deep.equal(['system', 'user']);
    });

    it('has less room for them where the model is told of tools', async () => {
      const tools = ['a', 'b', 'c'].map((name) => ({ name, description: undefined, parameters: {} }));
      expect((await windowWith([])).context).to.include({ messages: 20, tokens: 206 });
      expect((await windowWith(tools)).context).to.include({ messages: 18, tokens: 6 + 3 * 5 + 180 });
    });

    it('leaves out earlier ones as the run itself says and hears more', async () => {
      const [heard] = page('one two three four five six');
      if (heard === undefined) throw new Error('There is no message.');
      const said = Array.from({ length: 5 }, (_, index) => ({ ...heard, runId: `other${index}` }));
      const window = await windowWith([]);
      expect((await window.with(said)).context).to.include({ messages: 15, tokens: 206 });
      const much = Array.from({ length: 50 }, (_, index) => ({ ...heard, runId: `other${index}` }));
      expect((await window.with(much)).context).to.include({ messages: 1, tokens: 6 + 10 + 500 });
    });
  });
});
