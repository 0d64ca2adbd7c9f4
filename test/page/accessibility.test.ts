import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { answered, button, log, PageSubject, reads, say } from './page-subject.js';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const findingsSchema = z.array(
  z.looseObject({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.looseObject({ html: z.string() })) }),
);

const RICH = 'A **word**, `code`, [a link](https://example.org), then: | not a table | and more';

describe('the page, for everybody', function () {
  this.timeout(60_000);
  let subject: PageSubject;

  before(async function () {
    const started = await PageSubject.start();
    if (started === undefined) return this.skip();
    subject = started;
  });
  afterEach(async () => {
    await subject?.clear();
    await subject?.forgetSessions();
  });
  after(() => subject?.close());

  const seriousFindings = async (page: Page) => {
    await page.evaluate(AXE);
    const found = findingsSchema.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'));
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  };

  const screens = [
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['at 390 px', { viewport: { width: 390, height: 800 } }],
  ] as const;
  for (const [name, options] of screens) {
    it(`has no serious finding ${name}`, async () => {
      const page = await subject.open('/', { ...options, reducedMotion: 'reduce' });
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
      expect(await seriousFindings(page), 'empty').to.deep.equal([]);
      await say(page, `/think ${RICH}`);
      await answered(page);
      await say(page, '/call read_file {"path":"a"}');
      await button(page, 'Approve').waitFor();
      if (name === 'at 390 px') await button(page, 'Sessions').click();
      expect(await seriousFindings(page), 'with an approval').to.deep.equal([]);
      await page
        .getByRole('navigation')
        .getByRole('button', { name: /^Menu of/ })
        .click();
      expect(await seriousFindings(page), 'with a menu').to.deep.equal([]);
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      expect(await seriousFindings(page), 'with a dialog').to.deep.equal([]);
      await page.keyboard.press('Escape');
      await page.getByRole('alertdialog').waitFor({ state: 'detached' });
      if (name === 'at 390 px') await page.keyboard.press('Escape');
      await button(page, 'Approve').click();
      await page.getByRole('textbox', { name: 'Result' }).waitFor();
      expect(await seriousFindings(page), 'with a result').to.deep.equal([]);
      if (options && 'viewport' in options) {
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
      }
    });
  }

  it('can be used with the keyboard alone', async () => {
    const page = await subject.open();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.keyboard.type('first line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await answered(page);
    await log(page)
      .getByRole('article', { name: 'You' })
      .getByText(/first line\s+second line/)
      .waitFor();
    const reached = new Set<string>();
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        String(await page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()')),
      );
    }
    for (const visible of await page.getByRole('button').all()) {
      const label = (await visible.getAttribute('aria-label')) ?? (await visible.textContent())?.trim();
      expect([...reached]).to.include(label);
    }
    await focusOn(page, /^Menu of/);
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Title' }).waitFor();
    await page.keyboard.type('By hand');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'By hand' }).waitFor();
    await focusOn(page, /^Menu of/);
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await focusOn(page, /^Edit$/);
    await page.keyboard.press('Enter');
    await page.locator('[aria-label="Edit message"]:focus').waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('changed');
    await page.keyboard.press('Enter');
    await reads(page, 'changed');
  });

  /** By Tab, as a user would. */
  async function focusOn(page: Page, label: RegExp): Promise<void> {
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      if (label.test(String(await page.evaluate('document.activeElement.ariaLabel')))) return;
    }
    throw new Error(`Tab does not lead to ${label}`);
  }
});
