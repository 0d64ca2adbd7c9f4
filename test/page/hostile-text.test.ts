import { expect } from 'chai';
import { GatedGateway } from '../support/gated-gateway.js';
import { answer, answered, log, PageSubject, reads, say } from './page-subject.js';

const HOSTILE = [
  '<img src="http://evil.example/a.png" onerror="alert(1)">',
  '<script>alert(2)</script>',
  '<iframe src="http://evil.example/"></iframe>',
  '<form action="http://evil.example/"><input name="a"><button>Go</button></form>',
  '<style>body{display:none}</style>',
  '<svg onload="alert(3)"><a xlink:href="javascript:alert(4)">x</a></svg>',
  '<link rel="prefetch" href="http://evil.example/p"><base href="http://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(5)&gt;">',
  '![alt](http://evil.example/b.png "title") ![](data:image/svg+xml;base64,PHN2Zz4=)',
  '[run](javascript:alert(6)) [run](java\nscript:alert(7)) [run](&#106;avascript:alert(8)) [v](vbscript:x) [d](data:text/html,x)',
  '[file](file:///etc/passwd) [own](/agent/sessions) [blob](blob:http://x/y)',
  '[fine](https://good.example/a "t") <https://good.example/b> https://good.example/c me@good.example',
  '```html" onmouseover="alert(9)\n<img src=x onerror=alert(10)>\n```',
  '`<img src=x onerror=alert(11)>` **<b onclick=alert(12)>bold</b>**',
  '| a | <img src=x> |\n| --- | --- |\n| <script>x</script> | ![i](http://evil.example/c.png) |',
  '<details open ontoggle=alert(13)><summary>s</summary></details>',
  '&lt;img src=x&gt; &amp;lt;script&amp;gt;',
].join('\n\n');

const FORBIDDEN =
  'img, picture, video, audio, source, script, iframe, object, embed, form:not(.composer):not(.edit):not(.result), input, style, link, base, meta, svg a, [style], [onclick], [onerror], [onload]';

describe('the page, with a hostile model', function () {
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

  const nextCall = () => {
    calls += 1;
    return model.call(calls);
  };

  it('runs and loads nothing of what it says, as it comes and as it is read again', async () => {
    const page = await subject.open();
    await say(page, HOSTILE);
    const call = await nextCall();
    call.send({ type: 'reasoning', text: HOSTILE });
    for (const piece of HOSTILE.match(/[\s\S]{1,7}/gu) ?? []) call.say(piece);
    call.say(' the end').end();
    await reads(page, /the end/);
    await answered(page);
    for (const again of [false, true]) {
      if (again) await page.reload();
      await reads(page, /the end/);
      expect(await log(page).locator(FORBIDDEN).count()).to.equal(0);
      const links = await answer(page).getByRole('link').all();
      const seen = await Promise.all(
        links.map(async (link) => [await link.getAttribute('href'), await link.getAttribute('rel')]),
      );
      for (const [href, rel] of seen) {
        expect(href).to.match(/^(https?:\/\/|mailto:)/);
        expect(rel).to.contain('noopener').and.to.contain('noreferrer');
      }
      expect(seen.map(([href]) => href)).to.include.members(['https://good.example/a', 'mailto:me@good.example']);
      expect(await answer(page).textContent()).to.contain('<script>alert(2)</script>');
    }
    expect(subject.complaints).to.deep.equal([]);
  });

  it('stays usable with text that takes parsers long', async () => {
    const page = await subject.open();
    for (const text of [
      '>'.repeat(50_000),
      '*a **b _c '.repeat(8000),
      '['.repeat(50_000),
      `${'- '.repeat(20_000)}x`,
      '<'.repeat(50_000),
    ]) {
      await say(page, 'Go on');
      (await nextCall()).say(text).end();
      await answered(page);
    }
    await say(page, 'Still there?');
    (await nextCall()).say('still here').end();
    await reads(page, 'still here');
  });
});
