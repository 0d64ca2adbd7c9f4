import { expect } from 'chai';
import { ByteCuttingProxy } from '../support/byte-cutting-proxy.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { forgivingLeaks } from '../support/leaking-clients.js';
import { batch, end, ScriptedModel, text } from '../support/scripted-model.js';
import { SeededRandom } from '../support/seeded-random.js';
import { until } from '../support/until.js';
import { ChatServer, NO_MESSAGE, shown, textIn } from './chat-server.js';
import { type PageChat, PLAIN_CHATS } from './plain-chats.js';

const TOOLS = { tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }] };
const CALL = { index: 0, callId: undefined, toolName: 'weather' } as const;
const CUTS = 25;
const WORDS = [
  'plain ',
  'né ',
  '中文 ',
  '\u{1f600}\u{1f469}\u200d\u{1f680} ',
  'two\nlines ',
  '\u2028 ',
  '"quoted" \\ ',
];

for (const major of Object.keys(PLAIN_CHATS)) {
  describe(`a chat of ${major} that comes back`, () => {
    forgivingLeaks();
    let gateway: GatedGateway;
    let server: ChatServer;
    beforeEach(async () => {
      gateway = new GatedGateway();
      server = await ChatServer.start(major, { gateway });
    });
    afterEach(() => server.close());

    const answer = (chat: PageChat) => chat.messages.at(-1) ?? NO_MESSAGE;

    it('has the whole answer in a new page, in any number of pages', async () => {
      const first = server.open();
      const sent = first.sendMessage({ text: 'Hello' });
      const call = await gateway.call();
      call.say('One ');
      await until(() => textIn(answer(first)) === 'One ');
      const pages = [server.open({ id: server.id }), server.open({ id: server.id })];
      const resumed = pages.map((page) => page.resumeStream());
      await until(() => pages.every((page) => textIn(answer(page)) === 'One '));
      call.say('two').end();
      await Promise.all([sent, ...resumed]);
      for (const page of pages) expect(answer(page)).to.deep.equal(answer(first));
    });

    it('is ready at once where nothing is written, and where there is no such chat', async () => {
      for (const id of ['never', 'no id!']) {
        const page = server.open({ id });
        await page.resumeStream();
        expect([page.status, page.messages]).to.deep.equal(['ready', []]);
      }
    });

    it('stops an answer by its id, and not by that of another', async () => {
      const chat = server.open();
      const sent = chat.sendMessage({ text: 'Hello' });
      (await gateway.call()).say('One ');
      await until(() => textIn(answer(chat)) === 'One ');
      for (const activeStreamId of ['msg_other', 'other'])
        expect((await server.post('/stop', { activeStreamId, assistantMessage: {} })).json).to.deep.equal({
          success: true,
        });
      expect((await server.service.get(`/agent/sessions/${server.id}`)).json.status).to.equal('running');
      expect((await server.post('/stop', { activeStreamId: answer(chat).id })).status).to.equal(200);
      await sent;
      expect(chat.status).to.equal('ready');
      expect((await server.post('/stop')).json).to.deep.equal({ success: true });
    });

    it('shows a turn from its start when it comes back in the second of its runs', async () => {
      const first = server.open({ body: TOOLS, runs: () => ({ sky: 'clear' }) });
      const sent = first.sendMessage({ text: 'Hello' });
      const asking = await gateway.call();
      asking.say('Wait. ').send({ type: 'call-arguments', ...CALL, text: '{"city":' });
      asking.send({ type: 'call-arguments', ...CALL, text: '"Paris"}' });
      asking.send({ type: 'call', ...CALL, argumentsText: '{"city":"Paris"}' }, { type: 'end', finishReason: 'stop' });
      const call = await gateway.call(2);
      call.say('Sun');
      await until(() => textIn(answer(first)) === 'Wait. Sun');
      const page = server.open({ id: server.id });
      const resumed = page.resumeStream();
      await until(() => textIn(answer(page)) === 'Wait. Sun');
      call.say('ny').end();
      await Promise.all([sent, resumed]);
      await until(() => first.status === 'ready' && textIn(answer(first)).endsWith('ny'));
      expect(answer(page).id).to.equal(answer(first).id);
      expect(shown(answer(page))).to.deep.equal(shown(answer(first)));
      expect(shown(answer(page))).to.deep.equal([
        'step-start',
        ['text', 'Wait. ', 'done'],
        ['tool-weather', 'output-available', { city: 'Paris' }, { sky: 'clear' }],
        'step-start',
        ['text', 'Sunny', 'done'],
      ]);
    });

    it('has the rest of an answer that ended meanwhile, if it names what it has', async () => {
      const chat = server.open({ namesLast: true });
      const sent = chat.sendMessage({ text: 'Hello' });
      const call = await gateway.call();
      call.say('One ');
      await until(() => textIn(answer(chat)) === 'One ');
      await chat.stop();
      await sent;
      call.say('two').end();
      const follower = await server.service.follow(`/agent/runs/${answer(chat).id.slice(4)}/stream`);
      await follower.ended();
      await chat.resumeStream();
      await chat.resumeStream();
      expect(chat.messages.map(textIn)).to.deep.equal(['Hello', 'One two']);
      const other = await server.service.get(`/ai/chat/${server.id}/stream?message_id=msg_other`);
      expect(other.status).to.equal(204);
    });

    it('reads what another door began, and is read by it', async () => {
      const native = await server.service.send({ session_id: 'chat1', include: ['reasoning'] });
      const call = await gateway.call();
      call.send({ type: 'reasoning', text: 'Hm' }).say('One ');
      await native.received(2);
      const chat = server.open();
      const resumed = chat.resumeStream();
      await until(() => textIn(answer(chat)) === 'One ');
      call.say('two').end();
      await Promise.all([resumed, native.ended()]);
      expect(shown(answer(chat))).to.deep.equal([
        'step-start',
        ['reasoning', 'Hm', 'done'],
        ['text', 'One two', 'done'],
      ]);
      expect(answer(chat).id).to.equal(`msg_${native.runId}`);
      const sent = chat.sendMessage({ text: 'More' });
      (await gateway.call(2)).say('Three').end();
      await sent;
      const reader = await server.service.follow(`/agent/runs/${answer(chat).id.slice(4)}/stream`);
      await reader.ended();
      expect(reader.text).to.equal('Three');
    });
  });

  describe(`a chat of ${major} whose network breaks`, () => {
    forgivingLeaks();
    it('has the answer of an uncut page, wherever and however often it was cut', async function () {
      this.timeout(60_000);
      const random = new SeededRandom();
      const steps = Array.from({ length: 40 }, (_, index) => [
        index % 9 === 4 ? batch({ type: 'reasoning', text: WORDS[index % 7] ?? '' }) : text(WORDS[index % 7] ?? ''),
        { type: 'wait', milliseconds: 1 } as const,
      ]).flat();
      const server = await ChatServer.start(major, { gateway: new ScriptedModel(...steps, end()) });
      const proxy = await ByteCuttingProxy.start(server.service.origin, () => 500 + random.whole(12_000));
      try {
        while (proxy.cuts < CUTS) {
          const chat = server.open({ api: `${proxy.origin}/ai/chat`, namesLast: true });
          await chat.sendMessage({ text: 'Hello' });
          while (chat.status === 'error' || chat.messages.length < 2)
            await (chat.status === 'error' ? chat.resumeStream() : chat.regenerate());
          const uncut = server.open({ id: server.id, namesLast: true });
          uncut.messages = chat.messages.slice();
          await uncut.resumeStream();
          expect(chat.messages, `seed ${random.seed}`).to.deep.equal(uncut.messages);
          const history = await server.history();
          expect(chat.messages.map(textIn), `seed ${random.seed}`).to.deep.equal(history.map(({ content }) => content));
        }
      } finally {
        await proxy.close();
        await server.close();
      }
      process.stdout.write(`      ${proxy.cuts} random cuts, seed ${random.seed}\n`);
    });
  });
}
