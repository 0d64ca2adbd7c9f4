import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { aMessage } from '../support/runtime-server.js';
import { until } from '../support/until.js';
import { ChatServer, NO_MESSAGE, shown, textIn } from './chat-server.js';
import { PLAIN_CHATS } from './plain-chats.js';

for (const major of Object.keys(PLAIN_CHATS)) {
  describe(`a chat of ${major}`, () => {
    let server: ChatServer;
    before(async () => {
      server = await ChatServer.start(major);
    });
    after(() => server.close());

    it('shows an answer, its id that of its run, and goes on in the same session', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: 'Hello there' });
      await chat.sendMessage({ text: 'And again' });
      expect(chat.status, chat.error?.message).to.equal('ready');
      expect(chat.messages.map(textIn)).to.deep.equal(['Hello there', 'Hello there ', 'And again', 'And again ']);
      const history = await server.history();
      expect(history.map(({ content }) => content)).to.deep.equal(chat.messages.map(textIn));
      expect(chat.messages[1]?.id).to.equal(`msg_${history[1]?.run_id}`);
      expect(chat.messages[1]?.metadata).to.deep.equal({ runId: history[1]?.run_id });
    });

    it('shows what the model thinks before it answers', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: '/think so it is' });
      expect(chat.messages[1] && shown(chat.messages[1])).to.deep.equal([
        'step-start',
        ['reasoning', 'so it is ', 'done'],
        ['text', 'so it is ', 'done'],
      ]);
    });

    it('asks the last question again, and the session then has one answer', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: 'One' });
      await chat.sendMessage({ text: 'Two' });
      const before = chat.messages[3]?.id;
      await chat.regenerate();
      expect(chat.messages.map(textIn)).to.deep.equal(['One', 'One ', 'Two', 'Two ']);
      expect(chat.messages[3]?.id).not.to.equal(before);
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['One', 'One ', 'Two', 'Two ']);
    });

    it('asks an earlier question again by its answer, or by itself, and what came after is gone', async () => {
      const chat = server.open();
      for (const text of ['One', 'Two', 'Three']) await chat.sendMessage({ text });
      await chat.regenerate({ messageId: chat.messages[3]?.id ?? '' });
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['One', 'One ', 'Two', 'Two ']);
      await chat.regenerate({ messageId: chat.messages[0]?.id ?? '' });
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['One', 'One ']);
      expect(chat.messages.map(textIn)).to.deep.equal(['One', 'One ']);
    });

    it('changes what was said, be it said first or last, and the session has what the page has', async () => {
      const chat = server.open();
      for (const text of ['One', 'Two', 'Two']) await chat.sendMessage({ text });
      await chat.sendMessage({ text: 'Three', messageId: chat.messages[4]?.id ?? '' });
      expect(chat.messages.map(textIn)).to.deep.equal(['One', 'One ', 'Two', 'Two ', 'Three', 'Three ']);
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(chat.messages.map(textIn));
      await chat.sendMessage({ text: 'Zero', messageId: chat.messages[0]?.id ?? '' });
      expect(chat.messages.map(textIn)).to.deep.equal(['Zero', 'Zero ']);
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['Zero', 'Zero ']);
    });

    it('shows the sentence of a refusal, and what was refused can be said otherwise', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: 'One' });
      await chat.sendMessage({ text: ' \n' });
      expect(chat.status).to.equal('error');
      expect(chat.error?.message).to.equal('messages.2.parts must hold text');
      await chat.sendMessage({ text: 'Two', messageId: chat.messages[2]?.id ?? '' });
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['One', 'One ', 'Two', 'Two ']);
    });

    it('shows the sentence to a page without the key', async () => {
      const chat = server.open({ headers: {} });
      await chat.sendMessage({ text: 'One' });
      expect(chat.error?.message).to.equal('unauthorized');
    });

    it('is the session that other clients see, and goes on with what they said', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: 'One' });
      await server.service.converse('Two', server.id);
      await chat.sendMessage({ text: 'Three' });
      expect((await server.history()).map(({ content }) => content)).to.deep.equal([
        ...['One', 'One ', 'Two', 'Two ', 'Three', 'Three '],
      ]);
    });
  });

  describe(`a chat of ${major} while it is answered`, () => {
    let gateway: GatedGateway;
    let server: ChatServer;
    beforeEach(async () => {
      gateway = new GatedGateway();
      server = await ChatServer.start(major, { gateway });
    });
    afterEach(() => server.close());

    it('keeps what was written when the model fails, and shows our sentence', async () => {
      const chat = server.open();
      const sent = chat.sendMessage({ text: 'Hello' });
      (await gateway.call()).say('Half').fail(new LlmError('upstream_rejected'));
      await sent;
      expect([chat.status, textIn(chat.messages[1] ?? NO_MESSAGE)]).to.deep.equal(['error', 'Half']);
      expect(chat.error?.message).to.equal(new LlmError('upstream_rejected').message);
    });

    it('has the tokens that were used', async () => {
      const chat = server.open();
      const sent = chat.sendMessage({ text: 'Hello' });
      const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
      (await gateway.call()).say('Hi').end('length', usage);
      await sent;
      expect(chat.messages[1]?.metadata).to.deep.include({ usage });
    });

    for (const stop of ['/stop', 'the run itself'] as const) {
      it(`is ready again when it is stopped by ${stop}, with what was written`, async () => {
        const chat = server.open();
        const sent = chat.sendMessage({ text: 'Hello' });
        (await gateway.call()).say('Half');
        await until(() => chat.messages.length === 2 && textIn(chat.messages[1] ?? NO_MESSAGE) === 'Half');
        const run = (chat.messages[1]?.id ?? '').slice('msg_'.length);
        if (stop === '/stop') expect((await server.post('/stop', {})).json).to.deep.equal({ success: true });
        else await server.service.post(`/agent/runs/${run}/cancel`);
        await sent;
        expect([chat.status, textIn(chat.messages[1] ?? NO_MESSAGE)]).to.deep.equal(['ready', 'Half']);
        expect((await server.history()).at(-1)).to.include({ content: 'Half', status: 'cancelled' });
      });
    }

    it('goes on when the page leaves, and a message sent after that interrupts it', async () => {
      const chat = server.open();
      const sent = chat.sendMessage({ text: 'Hello' });
      const call = await gateway.call();
      call.say('Half');
      await until(() => textIn(chat.messages[1] ?? NO_MESSAGE) === 'Half');
      await chat.stop();
      await sent;
      expect((await server.service.get(`/agent/sessions/${server.id}`)).json.status).to.equal('running');
      const second = chat.sendMessage({ text: 'Other' });
      await call.released;
      (await gateway.call(2)).say('Yes').end();
      await second;
      expect(chat.messages.map(textIn)).to.deep.equal(['Hello', 'Half', 'Other', 'Yes']);
      expect((await server.history())[1]).to.include({ content: 'Half', status: 'interrupted' });
    });

    it('is stopped when the page leaves that asked for that', async () => {
      const chat = server.open({ body: { on_disconnect: 'cancel' } });
      const sent = chat.sendMessage({ text: 'Hello' });
      const call = await gateway.call();
      call.say('Half');
      await until(() => textIn(chat.messages[1] ?? NO_MESSAGE) === 'Half');
      await chat.stop();
      await sent;
      await call.released;
    });

    it('asks again what was interrupted', async () => {
      const chat = server.open();
      const sent = chat.sendMessage({ text: 'Hello' });
      const call = await gateway.call();
      call.say('Half');
      await until(() => textIn(chat.messages[1] ?? NO_MESSAGE) === 'Half');
      await chat.stop();
      await sent;
      const again = chat.regenerate();
      await call.released;
      (await gateway.call(2)).say('Whole').end();
      await again;
      expect(chat.messages.map(textIn)).to.deep.equal(['Hello', 'Whole']);
      expect((await server.history()).map(({ content }) => content)).to.deep.equal(['Hello', 'Whole']);
    });

    it('waits where it says so', async () => {
      const first = await server.service.send(aMessage({ session_id: 'chat1' }));
      const chat = server.open({ body: { on_busy: 'reject' } });
      await chat.sendMessage({ text: 'Hello' });
      expect(chat.error?.message).to.contain('The session is answering another message');
      first.cut();
    });
  });
}
