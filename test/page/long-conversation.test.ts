import { expect } from 'chai';
import { GatedGateway } from '../support/gated-gateway.js';
import { log, PageSubject, say } from './page-subject.js';

const TURNS = 500;
const PIECES = 512;
/** A megabyte in all. */
const PARTS = {
  'many paragraphs': `${'word '.repeat(100)}\n\n`,
  'one paragraph': 'word '.repeat(100),
  'one list': `\n- ${'item '.repeat(99)}`,
  'one block of code': `${'code '.repeat(20)}\n`.repeat(5),
};

describe('the page, with a long conversation', function () {
  this.timeout(60_000);
  let subject: PageSubject;
  const model = new GatedGateway();

  before(async function () {
    const started = await PageSubject.start({ gateway: model });
    if (started === undefined) return this.skip();
    subject = started;
    for (let turn = 1; turn <= TURNS; turn += 1) {
      const stream = subject.service.send({ session_id: 'long', content: `Question ${turn}` });
      (await model.call(turn)).say(`Answer **${turn}**\n\n- with a list\n- of two`).end();
      await (await stream).ended();
    }
  });
  after(() => subject?.close());

  it('shows 1,000 messages, stays usable while a megabyte comes, and draws nothing of it twice', async () => {
    const page = await subject.open('/chat/#/s/long');
    await log(page)
      .getByRole('article')
      .nth(2 * TURNS - 1)
      .waitFor();
    await say(page, 'A megabyte, please');
    const call = await model.call(TURNS + 1);
    call.say('The very beginning\n\n');
    const prose = page.locator('article:last-of-type .prose');
    const first = prose.locator('> p').first();
    await first.getByText('The very beginning').waitFor();
    await first.evaluate((node) => node.setAttribute('data-drawn', 'once'));
    const message = page.getByRole('textbox', { name: 'Message' });
    for (const [kind, piece] of Object.entries(PARTS)) {
      call.say(kind === 'one block of code' ? '\n\n```\n' : '\n\n');
      for (let number = 0; number < PIECES; number += 1) call.say(piece);
      await message.pressSequentially('x');
    }
    call.say('```\n\nthe very end').end();
    await prose.locator('> p:last-child', { hasText: 'the very end' }).waitFor();
    expect(await message.inputValue()).to.equal('xxxx');
    expect(await first.getAttribute('data-drawn')).to.equal('once');
    const shown = await prose.evaluate(({ textContent }) => textContent?.length);
    expect(Number(shown)).to.be.above(1_000_000);
  });
});
