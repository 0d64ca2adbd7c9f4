import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { findBrowser, launchBrowser } from '../support/chromium.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { KeyAddingProxy } from '../support/key-adding-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { chatPage, HOOKS } from './chat-page.js';

const WORDS = Array.from({ length: 60 }, (_, index) => `wörd${index}\u{1f600} `);
/** A page in the background draws nothing. */
const POLLING = { polling: 50 };

for (const [major, packages] of Object.entries(HOOKS)) {
  describe(`useChat of ${major} in a browser`, function () {
    this.timeout(60_000);
    let browser: Browser | undefined;
    let gateway: GatedGateway;
    let service: RuntimeServer;
    let proxy: KeyAddingProxy;
    let origin: string;
    let html: string;

    before(async function () {
      const found = await findBrowser();
      if (found === undefined) return this.skip();
      browser = await launchBrowser(found);
      html = await chatPage(packages);
    });
    after(() => browser?.close());
    beforeEach(async () => {
      gateway = new GatedGateway();
      service = await RuntimeServer.start({ gateway });
      proxy = new KeyAddingProxy(service.origin, html, 3000);
      origin = await proxy.start();
    });
    afterEach(async () => {
      await proxy.close();
      await service.close();
    });

    async function open(hash: string): Promise<Page> {
      if (browser === undefined) throw new Error('There is no browser.');
      const page = await browser.newPage();
      await page.goto(`${origin}/#${hash}`);
      return page;
    }
    const shown = (page: Page) => page.locator('li').allTextContents();
    const is = (page: Page, status: string) =>
      page.waitForFunction(`document.title === '${status}'`, undefined, POLLING);
    const historyOf = async (id: string): Promise<string[]> => {
      const { text } = await service.get(`/agent/sessions/${id}/messages`);
      return JSON.parse(text).messages.map(({ content }: { content: string }) => content);
    };

    it('resumes in another page, is cut there, and has the whole answer in both', async () => {
      const first = await open('one');
      await first.evaluate("void chat.sendMessage({ text: 'Hello' })");
      const call = await gateway.call();
      call.say(...WORDS);
      const second = await open('one,resume');
      await is(second, 'error');
      await second.evaluate('void chat.resumeStream()');
      await is(second, 'streaming');
      call.say('and so on').end();
      await Promise.all([is(first, 'ready'), is(second, 'ready')]);
      const answer = `${WORDS.join('')}and so on`;
      expect([await shown(first), await shown(second)]).to.deep.equal([['Hello', answer], [answer]]);
      const third = await open('one,resume');
      await is(third, 'ready');
      expect(await shown(third)).to.deep.equal([]);
    });

    it('stops, asks again and changes what was said', async () => {
      const page = await open('two');
      await page.evaluate("void chat.sendMessage({ text: 'Hello' })");
      (await gateway.call(1)).say('Half');
      await page.waitForFunction("document.querySelectorAll('li')[1]?.textContent === 'Half'", undefined, POLLING);
      await page.evaluate("fetch('/ai/chat/two/stop', { method: 'POST' })");
      await is(page, 'ready');
      expect(await historyOf('two')).to.deep.equal(['Hello', 'Half']);
      await page.evaluate('void chat.regenerate()');
      (await gateway.call(2)).say('Whole').end();
      await is(page, 'ready');
      expect(await shown(page)).to.deep.equal(['Hello', 'Whole']);
      await page.evaluate("void chat.sendMessage({ text: 'Other', messageId: chat.messages[0].id })");
      (await gateway.call(3)).say('Changed').end();
      await page.waitForFunction("document.querySelectorAll('li')[1]?.textContent === 'Changed'", undefined, POLLING);
      expect(await historyOf('two')).to.deep.equal(['Other', 'Changed']);
    });

    it('runs a tool in the page and goes on in the same message', async () => {
      const page = await open('three');
      await page.evaluate("void chat.sendMessage({ text: 'Hello' })");
      const call = { index: 0, callId: undefined, toolName: 'weather', argumentsText: '{"city":"Paris"}' } as const;
      (await gateway.call(1)).send({ type: 'call', ...call }, { type: 'end', finishReason: 'stop' });
      const next = await gateway.call(2);
      expect(next.prompt.at(-1)).to.include({ role: 'tool', content: '{"sky":"clear"}' });
      next.say('Sunny').end();
      await page.waitForFunction("document.querySelectorAll('li')[1]?.textContent === 'Sunny'", undefined, POLLING);
      expect(await shown(page)).to.deep.equal(['Hello', 'Sunny']);
    });
  });
}
