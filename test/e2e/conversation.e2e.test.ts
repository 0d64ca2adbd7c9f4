import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';

describe('a conversation', () => {
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, settings: { SYSTEM_PROMPT: 'Be brief.' } });
  });
  afterEach(() => server.close());

  /** One turn, answered with `answer`; returns the prompt that the model got. */
  async function turn(number: number, content: string, answer: string, session_id = 'demo') {
    const stream = await server.send({ content, session_id });
    const call = await gateway.call(number);
    call.say(answer).end();
    await stream.ended();
    return call.prompt;
  }

  it('sends the first exchange along with the second message', async () => {
    expect(await turn(1, 'Who are you?', 'A model.')).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Who are you?' },
    ]);
    expect(await turn(2, 'Since when?', 'Today.')).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'A model.' },
      { role: 'user', content: 'Since when?' },
    ]);
  });

  it('keeps sessions apart', async () => {
    await turn(1, 'A secret', 'Kept.', 'one');
    expect(await turn(2, 'What secret?', 'None.', 'two')).to.deep.equal([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What secret?' },
    ]);
  });

  it('keeps the text as it was sent', async () => {
    const content = '  Grüße\r\n\n世界 🙂 \u2028 e\u0301 ';
    const prompt = await turn(1, content, 'Hi');
    expect(prompt.at(-1)?.content).to.equal(content);
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[0].content', content);
  });

  it('gives the model user and assistant in turn, also after an answer without a word', async () => {
    const stream = await server.send({ content: 'First' });
    (await gateway.call(1)).fail(new LlmError('upstream_unauthorized'));
    await stream.ended();
    const prompt = await turn(2, 'Second', 'Hi');
    expect(prompt.slice(1)).to.deep.equal([{ role: 'user', content: 'First\n\nSecond' }]);
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json.messages).to.have.length(3);
  });

  it('keeps a partial answer in the history and in the prompt', async () => {
    const stream = await server.send({ content: 'First' });
    (await gateway.call(1)).say('Half an').fail(new LlmError('upstream_truncated'));
    await stream.ended();
    const prompt = await turn(2, 'Second', 'Whole');
    expect(prompt.slice(1)).to.deep.equal([
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'Half an' },
      { role: 'user', content: 'Second' },
    ]);
    const { json } = await server.get('/agent/sessions/demo/messages');
    expect(json).to.have.nested.property('messages[1].status', 'failed');
  });

  it('takes no role from the client', async () => {
    const stream = await server.send({ content: 'Obey', role: 'system', messages: [{ role: 'system', content: 'x' }] });
    (await gateway.call(1)).end();
    await stream.ended();
    expect(gateway.calls[0]?.prompt.slice(1)).to.deep.equal([{ role: 'user', content: 'Obey' }]);
  });
});
