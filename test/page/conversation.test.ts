import { expect } from 'chai';
import { LlmError } from '../../src/domain/errors.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { answer, answered, button, log, PageSubject, reads, say } from './page-subject.js';

describe('the page', function () {
  this.timeout(60_000);
  let subject: PageSubject;
  let model: GatedGateway;
  let calls = 0;

  before(async function () {
    model = new GatedGateway();
    const started = await PageSubject.start({ gateway: model });
    if (started === undefined) return this.skip();
    subject = started;
  });
  afterEach(() => subject?.clear());
  after(() => subject?.close());

  /** The call of the model that comes next. */
  const nextCall = () => {
    calls += 1;
    return model.call(calls);
  };

  it('is where the root leads, and opens ready to type', async () => {
    const page = await subject.open('/');
    expect(page.url()).to.equal(`${subject.origin}/chat/`);
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    expect(await page.evaluate("document.activeElement?.getAttribute('aria-label')")).to.equal('Message');
    expect(await button(page, 'Stop').count()).to.equal(0);
    expect(subject.complaints).to.deep.equal([]);
  });

  it('shows tokens as they come, one article a message, then the model and what it counted', async () => {
    const page = await subject.open();
    await say(page, 'What is new?');
    const call = await nextCall();
    call.say('Tokens ');
    await reads(page, 'Tokens');
    call.say('come one by one');
    await reads(page, 'Tokens come one by one');
    expect(await button(page, 'Send').count()).to.equal(0);
    call.end('stop', { inputTokens: 11, outputTokens: 7, totalTokens: 18 });
    await answered(page);
    await answer(page).getByText('mock:fake-llm · 11 + 7 tokens').waitFor();
    const articles = await log(page).getByRole('article').all();
    expect(await Promise.all(articles.map((article) => article.getAttribute('aria-label')))).to.deep.equal([
      'You',
      'Assistant',
    ]);
    expect(page.url()).to.match(/\/chat\/#\/s\/[\w.-]+$/);
  });

  it('goes on where it was after a reload in mid-answer', async () => {
    const page = await subject.open();
    await say(page, 'A long story');
    const call = await nextCall();
    call.say('Once upon ');
    await reads(page, 'Once upon');
    await page.reload();
    await reads(page, 'Once upon');
    call.say('a time.').end();
    await reads(page, 'Once upon a time.');
    await answered(page);
    expect(await log(page).getByRole('article').count()).to.equal(2);
  });

  it('goes on where it was after a cut, and says that it reconnects', async () => {
    const page = await subject.open();
    await say(page, 'Over a bad line');
    const call = await nextCall();
    call.say('half ');
    await reads(page, 'half');
    subject.network.refuse();
    subject.network.cut();
    await page.getByRole('status').getByText('Reconnecting…').waitFor();
    call.say('and the other half');
    subject.network.accept();
    await reads(page, 'half and the other half');
    await page.getByRole('status').getByText('Reconnecting…').waitFor({ state: 'detached' });
    call.end();
    await answered(page);
    expect((await answer(page).locator('markdown-text').textContent())?.trim()).to.equal('half and the other half');
  });

  it('shows the same answer live in a second tab, one that was there before included', async () => {
    const page = await subject.open();
    await say(page, 'First');
    (await nextCall()).say('one').end();
    await answered(page);
    const before = await subject.openIn(page.context(), new URL(page.url()).pathname + new URL(page.url()).hash);
    await reads(before, 'one');
    await say(page, 'Second');
    const call = await nextCall();
    call.say('shared ');
    await reads(before, 'shared');
    const later = await subject.openIn(page.context(), new URL(page.url()).pathname + new URL(page.url()).hash);
    for (const tab of [page, before, later]) await reads(tab, 'shared');
    call.say('by all').end();
    for (const tab of [page, before, later]) {
      await reads(tab, 'shared by all');
      await answered(tab);
      expect(await log(tab).getByRole('article').count()).to.equal(4);
    }
  });

  it('looks for what is new when it gets the focus', async () => {
    const page = await subject.open();
    await say(page, 'Here');
    (await nextCall()).say('mine').end();
    await answered(page);
    const sessionId = page.url().split('/').at(-1) ?? '';
    const stream = await subject.service.send({ session_id: sessionId, content: 'From elsewhere' });
    (await nextCall()).say('told elsewhere').end();
    await stream.ended();
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await reads(page, 'told elsewhere');
  });

  it('stops with its button and with Escape, and keeps the part', async () => {
    const page = await subject.open();
    for (const stop of [() => button(page, 'Stop').click(), () => page.keyboard.press('Escape')]) {
      await say(page, 'Never ending');
      (await nextCall()).say('a part ');
      await reads(page, 'a part');
      await stop();
      await answer(page).getByText('Stopped here.').waitFor();
      await reads(page, 'a part');
      await answered(page);
    }
    await page.reload();
    await reads(page, 'a part');
    await answer(page).getByText('Stopped here.').waitFor();
  });

  it('tells an error in words, and asks again in the place of the turn, also after a reload', async () => {
    const page = await subject.open();
    await say(page, 'Fragile');
    (await nextCall()).say('broken ').fail(new LlmError('upstream_quota_exceeded'));
    await page.getByRole('alert').getByText('quota').waitFor();
    await page.reload();
    await page.getByRole('alert').getByText('quota').waitFor();
    await button(page, 'Try again').click();
    (await nextCall()).say('whole').end();
    await reads(page, 'whole');
    await answered(page);
    expect(await log(page).getByRole('article').count()).to.equal(2);
    expect(await page.getByRole('alert').count()).to.equal(0);
  });

  it('tells of an answer that failed before its first word, and asks again', async () => {
    const page = await subject.open();
    await say(page, 'Mute');
    (await nextCall()).fail(new LlmError('upstream_quota_exceeded'));
    await page.getByRole('alert').getByText('quota').waitFor();
    expect(await log(page).getByRole('article').count()).to.equal(1);
    await page.reload();
    await button(page, 'Try again').click();
    (await nextCall()).say('at last').end();
    await reads(page, 'at last');
    expect(await log(page).getByRole('article').count()).to.equal(2);
  });

  it('keeps a message that was refused, and sends it again when it is told to, also after a reload', async () => {
    const page = await subject.open();
    await say(page, 'Hello');
    (await nextCall()).say('fine').end();
    await answered(page);
    await page.route('**/agent/message/stream', (route) =>
      route.fulfill({
        status: 422,
        contentType: 'application/problem+json',
        body: '{"code":"invalid_request","detail":"Not so."}',
      }),
    );
    await say(page, 'A refused one');
    await page.getByRole('alert').getByText('Not so.').waitFor();
    await page.reload();
    await log(page).getByRole('article', { name: 'You' }).getByText('A refused one').waitFor();
    await page.unroute('**/agent/message/stream');
    await button(page, 'Try again').click();
    (await nextCall()).say('taken').end();
    await reads(page, 'taken');
    expect(await log(page).getByRole('article').count()).to.equal(4);
  });

  it('asks again with Regenerate, and takes back what is behind it', async () => {
    const page = await subject.open();
    await say(page, 'One');
    (await nextCall()).say('first').end();
    await answered(page);
    await say(page, 'Two');
    (await nextCall()).say('second').end();
    await answered(page);
    await button(page, 'Regenerate').first().click();
    const call = await nextCall();
    expect(call.prompt.at(-1)?.content).to.equal('One');
    call.say('another').end();
    await reads(page, 'another');
    await answered(page);
    expect(await log(page).getByRole('article').count()).to.equal(2);
    await page.reload();
    await reads(page, 'another');
    expect(await log(page).getByRole('article').count()).to.equal(2);
  });

  it('puts an edited message in the place of the one that was there', async () => {
    const page = await subject.open();
    await say(page, 'Teh question');
    (await nextCall()).say('what?').end();
    await answered(page);
    await button(page, 'Edit').click();
    const field = page.getByRole('textbox', { name: 'Edit message' });
    expect(await field.inputValue()).to.equal('Teh question');
    await field.fill('The question');
    await field.press('Enter');
    (await nextCall()).say('the answer').end();
    await reads(page, 'the answer');
    await answered(page);
    await log(page).getByRole('article', { name: 'You' }).getByText('The question').waitFor();
    expect(await log(page).getByRole('article').count()).to.equal(2);
  });

  it('has what a model thinks in details named Reasoning', async () => {
    const page = await subject.open();
    await say(page, 'Think');
    const call = await nextCall();
    call.send({ type: 'reasoning', text: 'hm, let me see' });
    const details = answer(page).getByRole('group', { name: 'Reasoning' });
    await details.getByText('hm, let me see').waitFor();
    call.say('So be it').end();
    await reads(page, 'So be it');
    await answered(page);
    expect(await details.count()).to.equal(1);
  });

  it('has what a model thought after a reload, too, for as long as the service keeps the stream of the run', async () => {
    const page = await subject.open();
    await say(page, 'Think again');
    (await nextCall()).send({ type: 'reasoning', text: 'as before' }).say('So be it').end();
    await answered(page);
    await say(page, 'No thoughts');
    (await nextCall()).say('None at all').end();
    await reads(page, 'None at all');
    await answered(page);
    await page.reload();
    const details = log(page).getByRole('group', { name: 'Reasoning' });
    await details.waitFor();
    expect(await details.getByText('as before').isVisible()).to.equal(false);
    await details.getByText('Reasoning', { exact: true }).click();
    await details.getByText('as before').waitFor();
    expect(await log(page).getByRole('article').allTextContents()).to.have.length(4);
    await page.route('**/agent/runs/*/stream', (route) => route.fulfill({ status: 410, json: {} }));
    await page.reload();
    await reads(page, 'None at all');
    expect(await details.count()).to.equal(0);
    expect(await page.getByRole('alert').count()).to.equal(0);
  });

  it('copies an answer, and the code in it', async () => {
    const page = await subject.open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await say(page, 'Code');
    (await nextCall()).say('Like this:\n\n```js\nlet a = 1;\n```\n').end();
    await answered(page);
    await button(page, 'Copy code').click();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('let a = 1;');
    await button(page, 'Copy').click();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('Like this:\n\n```js\nlet a = 1;\n```\n');
  });
});
