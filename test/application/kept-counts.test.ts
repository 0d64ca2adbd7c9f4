import { expect } from 'chai';
import { type Application, anApplication } from '../support/application.js';
import { collect, NEVER } from '../support/builders.js';
import { eventsFor } from '../support/pulled.js';
import { end, ScriptedModel, text } from '../support/scripted-model.js';

/** Counts words, and remembers the texts that it was given. */
class NotingCounter {
  readonly texts: string[] = [];

  constructor(readonly name = 'words') {}

  async count(text: string): Promise<number> {
    this.texts.push(text);
    return text.split(' ').length;
  }
}

const INSTRUCTIONS = 'Be brief.';
const ANSWER = 'one two three four five six';

describe('What was counted for a prompt', () => {
  let first: Application;

  async function anApplicationOf(runName: string, counter: NotingCounter, contextTokens = 206): Promise<Application> {
    const gateway = new ScriptedModel(text(ANSWER), end());
    const store = first === undefined ? {} : { store: () => first.store };
    return anApplication({ gateway, contextTokens, counter, runName, ...store });
  }

  async function say(app: Application, ...contents: readonly string[]): Promise<void> {
    for (const content of contents) await collect(eventsFor(await app.send(content), NEVER));
  }

  const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `message ${index} of these`);

  before(async () => {
    first = await anApplicationOf('first', new NotingCounter());
    await say(first, ...words(40));
  });

  after(() => first.store.close());

  it('is not counted again by another process, however long the session is', async () => {
    for (const runName of ['second', 'third']) {
      const counter = new NotingCounter();
      await say(await anApplicationOf(runName, counter), `to the ${runName}`);
      expect(counter.texts).to.have.members([INSTRUCTIONS, `to the ${runName}`, ANSWER]);
    }
  });

  it('is counted again by another tokenizer', async () => {
    const counter = new NotingCounter('letters');
    await say(await anApplicationOf('fourth', counter), 'to the fourth');
    expect(counter.texts).to.include.members(['to the third', 'message 39 of these']);
  });

  it('is kept a part at a time where a long session comes without counts', async () => {
    const texts: number[] = [];
    for (const runName of ['fifth', 'sixth', 'seventh']) {
      const counter = new NotingCounter('syllables');
      await say(await anApplicationOf(runName, counter, 100_000), `to the ${runName}`);
      texts.push(counter.texts.length);
    }
    expect(texts[0]).to.equal(1 + 2 * 44 - 1);
    expect(texts.slice(1)).to.deep.equal([3, 3]);
  });

  it('is counted once, also where the message was too long to be let in uncounted', async () => {
    const counter = new NotingCounter();
    const long = 'a word '.repeat(40).trim();
    await say(await anApplicationOf('longer', counter), long);
    expect(counter.texts.filter((counted) => counted === long)).to.have.length(1);
  });
});
