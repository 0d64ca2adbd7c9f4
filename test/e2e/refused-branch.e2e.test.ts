import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { RuntimeServer } from '../support/runtime-server.js';

const LONG = 'word '.repeat(1000);

describe('a message that goes on from an older response', () => {
  let server: RuntimeServer;

  beforeEach(async () => {
    const AGENTS_FILE = agentsFile({ default: { context: { max_tokens: 300 } } });
    server = await RuntimeServer.start({ settings: { AGENTS_FILE } });
  });
  afterEach(() => server.close());

  async function ask(input: string, before?: string, status = 200): Promise<string> {
    const answer = await server.post('/v1/responses', { model: 'default', input, previous_response_id: before });
    expect(answer.status, answer.text).to.equal(status);
    return JSON.parse(answer.text).id;
  }

  async function sessions(): Promise<number> {
    return JSON.parse((await server.get('/agent/sessions')).text).sessions.length;
  }

  it('leaves no session behind where it is refused', async () => {
    const first = await ask('Q0');
    await ask('Q1', first);
    expect(await sessions()).to.equal(1);
    await ask(LONG, first, 413);
    expect(await sessions()).to.equal(1);
    await ask('B1', first);
    expect(await sessions()).to.equal(2);
  });
});
