import { expect } from 'chai';
import { findBrowser, launchBrowser } from '../support/chromium.js';
import { KeyAddingProxy } from '../support/key-adding-proxy.js';
import { RuntimeServer } from '../support/runtime-server.js';
import type { SystemProgram } from '../support/system-program.js';

/** A page as a client author would write it with the browser's own EventSource. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<p id="answer"></p>
<script>
  const answer = document.getElementById('answer');
  function follow(run) {
    const source = new EventSource('/agent/runs/' + run + '/stream');
    source.onmessage = ({ data }) => {
      if (data === '[DONE]') return source.close();
      const event = JSON.parse(data);
      if (event.token) answer.append(event.token);
      if (event.is_final) document.title = 'ended';
    };
    return source;
  }
</script>
`;

/** Reads on until the server says that there is nothing more, and does not close by itself. */
const STUBBORN = `(run) => new Promise((resolve) => {
  const source = new EventSource('/agent/runs/' + run + '/stream');
  const types = [];
  source.onmessage = ({ data }) => types.push(data === '[DONE]' ? data : 'event');
  source.onerror = () => source.readyState === EventSource.CLOSED && resolve(types);
})`;

const WORDS = Array.from({ length: 120 }, (_, index) => `wörd${index}\u{1f600}`).join(' ');

describe("a browser's EventSource", () => {
  let chromium: SystemProgram;

  before(async function () {
    const found = await findBrowser();
    if (found === undefined) return this.skip();
    chromium = found;
  });

  it('shows the whole answer though its connection is cut, and stops when there is nothing more', async function () {
    this.timeout(60_000);
    const service = await RuntimeServer.start({ settings: { MOCK_DELAY_MS: '5' } });
    const proxy = new KeyAddingProxy(service.origin, PAGE, 2000);
    const browser = await launchBrowser(chromium);
    try {
      const page = await browser.newPage();
      await page.goto(await proxy.start());
      const { runId } = await service.send({ content: WORDS });
      await page.evaluate(`follow('${runId}')`);
      await page.waitForFunction("document.title === 'ended'", undefined, { timeout: 20_000 });
      expect(await page.textContent('#answer')).to.equal(`${WORDS} `);
      expect(proxy.cursors).to.have.length(2);
      expect(proxy.cursors[0]).to.equal(undefined);
      expect(proxy.cursors[1]).to.match(new RegExp(`^${runId}-[1-9]`));
      // Coming back behind the ending it gets 204, which closes an EventSource for good.
      const seen = await page.evaluate(`(${STUBBORN})('${runId}')`);
      expect(seen).to.have.length(122);
      expect(proxy.cursors.at(-1)).to.equal(`${runId}-121`);
    } finally {
      await browser.close();
      await proxy.close();
      await service.close();
    }
  });

  it('draws the API documentation from files of the service alone', async function () {
    this.timeout(60_000);
    const service = await RuntimeServer.start();
    const browser = await launchBrowser(chromium);
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('requestfailed', (request) => problems.push(request.url()));
      page.on('request', (request) => request.url().startsWith(service.origin) || problems.push(request.url()));
      await page.goto(`${service.origin}/docs`);
      await page.getByText('/agent/message/stream').waitFor();
      expect(problems).to.deep.equal([]);
    } finally {
      await browser.close();
      await service.close();
    }
  });
});
