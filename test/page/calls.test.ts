import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { answer, answered, button, log, PageSubject, reads, say } from './page-subject.js';

const CALL = '/call read_file {"path":"notes.txt"}';

describe('the page, where a model asks for tools', function () {
  this.timeout(60_000);
  let subject: PageSubject;

  before(async function () {
    const started = await PageSubject.start();
    if (started === undefined) return this.skip();
    subject = started;
  });
  afterEach(() => subject?.clear());
  after(() => subject?.close());

  it('lets a person approve a call of the mock, and tell its result', async () => {
    const page = await subject.open();
    await say(page, CALL);
    await answer(page).getByText('notes.txt').waitFor();
    await button(page, 'Approve').click();
    await page.getByRole('textbox', { name: 'Result' }).fill('Buy milk');
    await button(page, 'Send result').click();
    await reads(page, 'Buy milk');
    await answered(page);
    await log(page).getByRole('article', { name: 'read_file' }).getByText('Buy milk').waitFor();
    expect(await log(page).getByRole('article').count()).to.equal(4);
  });

  it('waits across a reload, and in every tab', async () => {
    const page = await subject.open();
    await say(page, CALL);
    await button(page, 'Approve').waitFor();
    await page.reload();
    await button(page, 'Approve').waitFor();
    const other = await subject.openIn(page.context(), new URL(page.url()).pathname + new URL(page.url()).hash);
    await button(other, 'Reject').click();
    await answered(other);
    await log(page).getByRole('article', { name: 'read_file' }).getByText('Rejected').waitFor();
    expect(await button(page, 'Approve').count()).to.equal(0);
  });

  it('asks for several at once, and goes on when the last is settled', async () => {
    const page = await subject.open();
    await say(page, '');
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.fill('/call one {"a":1}\n/call two {"b":2}');
    await message.press('Enter');
    await button(page, 'Approve').nth(1).waitFor();
    await button(page, 'Approve').first().click();
    await page.getByRole('textbox', { name: 'Result' }).waitFor();
    await button(page, 'Reject').click();
    await button(page, 'Reject').waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: 'Result' }).fill('first result');
    await button(page, 'Send result').click();
    await reads(page, /first result/);
    await answered(page);
  });

  it('takes another message in place of a decision', async () => {
    const page = await subject.open();
    await say(page, CALL);
    await button(page, 'Approve').waitFor();
    // So long that it is still being answered when Stop is found, also on a busy machine.
    const next = `Never mind ${'and go on '.repeat(3000)}`;
    await say(page, next);
    await log(page).getByRole('article', { name: 'read_file' }).getByText('Skipped', { exact: true }).waitFor();
    await button(page, 'Stop').click();
    await answered(page);
    expect(await log(page).getByRole('article').count()).to.equal(5);
  });

  it('marks a session that waits in the list, with a dot that is round', async () => {
    const page = await subject.open();
    await say(page, CALL);
    const mark = page.getByTitle('waits for you').first();
    await mark.waitFor();
    const box = await mark.boundingBox();
    expect(box?.width).to.equal(box?.height);
  });
});

describe('the page, where there are several agents', function () {
  this.timeout(60_000);
  let subject: PageSubject;

  before(async function () {
    const agents = { default: { tools: ['read_file'] }, poet: { model: 'mock:verse' } };
    const path = agentsFile(agents, { tools: { read_file: {} } });
    const started = await PageSubject.start({ settings: { AGENTS_FILE: path } });
    if (started === undefined) return this.skip();
    subject = started;
  });
  after(() => subject?.close());

  it('lets one be chosen, keeps to it, and asks a client for the results of its tools', async () => {
    const page = await subject.open();
    const agent = page.getByRole('combobox', { name: 'Agent' });
    expect(await agent.inputValue()).to.equal('default');
    await agent.selectOption('poet');
    await say(page, 'A rhyme');
    await answered(page);
    await answer(page).getByText('mock:verse').waitFor();
    await page.reload();
    await answered(page);
    expect(await agent.inputValue()).to.equal('poet');
    await agent.selectOption('default');
    await say(page, CALL);
    await page.getByRole('textbox', { name: 'Result' }).fill('from the client');
    await button(page, 'Send result').click();
    await reads(page, 'from the client');
  });
});
