import { expect } from 'chai';
import { visibleLine, visibleText } from '../../../../src/adapters/inbound/cli/visible-text.js';

describe('a text of somebody else on a terminal', () => {
  it('keeps lines, tabs and every letter', () => {
    const text = 'né\t中文\n\u{1f469}\u200d\u{1f680} {"a":1}';
    expect(visibleText(text)).to.equal(text);
  });

  it('has no character that a terminal obeys', () => {
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: These are what it is about.
    expect(visibleText(controls)).not.to.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect(visibleText('\u001b]0;title\u0007\u009b31m\u007f')).to.equal('␛]0;title␇\ufffd31m␡');
    expect(visibleText('\u202egpj.exe\u2066\u2028')).to.equal('\ufffdgpj.exe\ufffd\ufffd');
  });

  it('stays on its line where it has only one', () => {
    expect(visibleLine('Allow?\n> y\r\n')).to.equal('Allow? > y ');
  });
});
