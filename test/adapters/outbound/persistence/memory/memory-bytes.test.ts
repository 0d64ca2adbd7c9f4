import { expect } from 'chai';
import { keyBytes, runBytes, textBytes } from '../../../../../src/adapters/outbound/persistence/memory/memory-bytes.js';
import { aRun } from '../../../../support/builders.js';

describe('what the memory store takes a text for', () => {
  const cases: readonly (readonly [what: string, text: string, bytes: number])[] = [
    ['nothing', '', 0],
    ['ASCII', 'x'.repeat(1000), 1000],
    ['Latin letters', 'é'.repeat(1000), 1000],
    ['the last character of one byte', '\u00ff'.repeat(10), 10],
    ['the first character of two', '\u0100'.repeat(10), 20],
    ['Cyrillic', 'я'.repeat(1000), 2000],
    ['a long English text with one emoji at its end', `${'x'.repeat(1000)}🙂`, 2004],
    ['a long English text with one Chinese character at its beginning', `好${'x'.repeat(1000)}`, 2002],
  ];
  for (const [what, text, bytes] of cases) {
    it(`is what the engine keeps of ${what}`, () => expect(textBytes(text)).to.equal(bytes));
  }

  it('counts the message of a run, and its idempotency key', () => {
    const request = { content: '', onBusy: undefined, onDisconnect: undefined };
    const empty = runBytes(aRun({ request }));
    expect(runBytes(aRun({ request: { ...request, content: 'я'.repeat(500) } }))).to.equal(empty + 1000);
    expect(keyBytes('k'.repeat(200)) - keyBytes('k'.repeat(100))).to.equal(100);
    expect(keyBytes(undefined)).to.equal(0);
  });
});
