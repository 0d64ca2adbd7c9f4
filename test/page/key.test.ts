import { expect } from 'chai';
import { INTERNAL_KEY } from '../support/runtime-server.js';
import { answered, button, PageSubject, reads, say } from './page-subject.js';

describe('the page of a service with a key of its own', function () {
  this.timeout(60_000);
  let subject: PageSubject;

  before(async function () {
    const started = await PageSubject.start({ settings: { INTERNAL_API_KEY: INTERNAL_KEY } });
    if (started === undefined) return this.skip();
    subject = started;
  });
  afterEach(() => subject?.clear());
  after(() => subject?.close());

  it('asks for the key once, says when it is wrong, and keeps it in the tab', async () => {
    const page = await subject.open();
    const field = page.getByRole('textbox', { name: 'Key', exact: true });
    await field.fill('wrong');
    await field.press('Enter');
    await page.getByRole('alert').getByText('This key is not accepted.').waitFor();
    expect(await page.getByRole('textbox', { name: 'Message' }).count()).to.equal(0);
    await field.fill(INTERNAL_KEY);
    await field.press('Enter');
    await say(page, 'Open sesame');
    await reads(page, 'Open sesame');
    await page.reload();
    await reads(page, 'Open sesame');
    expect(await page.evaluate('localStorage.length')).to.equal(0);
    const stranger = await subject.open();
    await stranger.getByRole('textbox', { name: 'Key', exact: true }).waitFor();
  });

  it('asks again when the key is not accepted any more', async () => {
    const page = await subject.open();
    const field = page.getByRole('textbox', { name: 'Key', exact: true });
    await field.fill(INTERNAL_KEY);
    await field.press('Enter');
    await say(page, 'Hello');
    await answered(page);
    const headers = { 'content-type': 'application/problem+json' };
    await page.route('**/agent/message/stream', (route) =>
      route.fulfill({ status: 401, headers, body: '{"code":"unauthorized","detail":"unauthorized"}' }),
    );
    await say(page, 'Still me');
    await page.getByRole('alert').getByText('not accepted any more').waitFor();
    await page.unroute('**/agent/message/stream');
    await field.fill(INTERNAL_KEY);
    await field.press('Enter');
    await button(page, 'Try again').click();
    await reads(page, 'Still me');
  });

  it('asks for none where a gateway adds it', async () => {
    const page = await subject.open('/health');
    await page.route('**/agent/**', (route) =>
      route.continue({ headers: { ...route.request().headers(), 'x-internal-auth': INTERNAL_KEY } }),
    );
    await page.goto(`${subject.origin}/`);
    await say(page, 'Nobody asked me');
    await reads(page, 'Nobody asked me');
  });
});
