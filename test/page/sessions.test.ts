import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { answered, button, log, PageSubject, reads, say } from './page-subject.js';

describe('the list of sessions in the page', function () {
  this.timeout(60_000);
  let subject: PageSubject;

  before(async function () {
    const started = await PageSubject.start();
    if (started === undefined) return this.skip();
    subject = started;
  });
  beforeEach(async () => {
    await subject.service.converse('An old question', 'old');
    await subject.service.converse('A new question', 'new');
  });
  afterEach(async () => {
    await subject?.clear();
    await subject?.forgetSessions();
  });
  after(() => subject?.close());

  const links = (page: Page) => page.getByRole('navigation', { name: 'Sessions' }).getByRole('link');

  it('has one link a session, named by its title, that leads to its own address', async () => {
    const page = await subject.open();
    await links(page).first().waitFor();
    expect(await links(page).allTextContents()).to.deep.equal(['A new question', 'An old question']);
    await links(page).getByText('An old question').click();
    await log(page).getByRole('article', { name: 'You' }).getByText('An old question').waitFor();
    expect(page.url()).to.match(/#\/s\/old$/);
    await say(page, 'And more');
    await reads(page, 'And more');
    await links(page).first().getByText('An old question').waitFor();
    expect(await links(page).allTextContents()).to.deep.equal(['An old question', 'A new question']);
    await page.goBack();
    await page.getByRole('heading', { name: 'What is on your mind?' }).waitFor();
  });

  it('begins another with New chat', async () => {
    const page = await subject.open('/chat/#/s/old');
    await answered(page);
    await button(page, 'New chat').click();
    await say(page, 'A third question');
    await reads(page, 'A third question');
    await links(page).first().getByText('A third question').waitFor();
    expect(await links(page).count()).to.equal(3);
    expect(await log(page).getByRole('article').count()).to.equal(2);
  });

  it('follows what is said elsewhere, with titles that appear by themselves', async () => {
    const page = await subject.open('/chat/#/s/new');
    await links(page).first().getByText('A new question').waitFor();
    await subject.service.converse('Said elsewhere\nin two lines', 'elsewhere');
    await subject.service.converse('More of the old', 'old');
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.getByRole('link', { name: 'Said elsewhere', exact: true }).waitFor();
    expect(await links(page).allTextContents()).to.deep.equal(['An old question', 'Said elsewhere', 'A new question']);
  });

  it('renames one', async () => {
    const page = await subject.open('/chat/#/s/old');
    await button(page, 'Menu of An old question').click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    const field = page.getByRole('textbox', { name: 'Title' });
    expect(await field.inputValue()).to.equal('An old question');
    await field.fill('A better name');
    await field.press('Enter');
    await page.getByRole('link', { name: 'A better name' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'A better name' }).waitFor();
    expect(await page.title()).to.contain('A better name');
  });

  it('deletes one when that is confirmed, and not before', async () => {
    const page = await subject.open('/chat/#/s/old');
    await answered(page);
    const remove = async () => {
      await button(page, 'Menu of An old question').click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      return page.getByRole('alertdialog');
    };
    await button(await remove(), 'Cancel').click();
    expect(await links(page).count()).to.equal(2);
    await button(await remove(), 'Delete').click();
    await page.getByRole('heading', { name: 'What is on your mind?' }).waitFor();
    await links(page).getByText('An old question').waitFor({ state: 'detached' });
    expect((await subject.service.get('/agent/sessions/old')).status).to.equal(404);
  });

  it('shows more than one page of them', async () => {
    for (let number = 0; number < 55; number += 1) await subject.service.converse(`Question ${number}`, `s${number}`);
    const page = await subject.open();
    await links(page).nth(49).waitFor();
    expect(await links(page).count()).to.equal(50);
    await button(page, 'Older chats').click();
    await links(page).nth(56).waitFor();
    expect(await button(page, 'Older chats').count()).to.equal(0);
  });
});
