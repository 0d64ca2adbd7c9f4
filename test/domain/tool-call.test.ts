import { expect } from 'chai';
import { readArguments } from '../../src/domain/tool-call.js';

describe('readArguments', () => {
  it('reads a JSON object, whatever is in it', () => {
    const text = ' {"path":"ä\\u0000","n":[1.5,null,{"__proto__":{"a":true}}]}\n';
    expect(JSON.stringify(readArguments(text))).to.equal(JSON.stringify(JSON.parse(text)));
  });

  for (const text of ['', ' ', '{', '{"a":1}}', '{"a":1}{"a":2}', '[]', 'null', '"{}"', '1', '{a:1}']) {
    it(`cannot read ${JSON.stringify(text)}`, () => {
      expect(readArguments(text)).to.equal(undefined);
    });
  }

  it('cannot read what is too deep to be written again', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(readArguments(nested(200))).not.to.equal(undefined);
    expect(readArguments(nested(201))).to.equal(undefined);
    expect(readArguments(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).to.equal(undefined);
  });
});
