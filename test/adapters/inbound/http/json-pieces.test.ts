import { expect } from 'chai';
import { HttpProblem } from '../../../../src/adapters/inbound/http/http-problem.js';
import { type JsonPiece, JsonPieces } from '../../../../src/adapters/inbound/http/json-pieces.js';
import { errorOf } from '../../../support/builders.js';

const TEXT =
  '{ "a" : "x\\"]}\\\\" ,"list":[ {"b":[1,{"c":"\u{1f642}"}]} ,"two", 3.5e2 ,null,[],true],"n":-1,"e":{},"l2":[1]}\n';

function piecesOf(bytes: Uint8Array, sizes: number): readonly JsonPiece[] {
  const pieces = new JsonPieces(['list', 'none'], 1000);
  const found: JsonPiece[] = [];
  for (let at = 0; at < bytes.length; at += sizes) found.push(...pieces.take(bytes.subarray(at, at + sizes)));
  found.push(...pieces.rest());
  return found;
}

const reading = async (text: string, sizes: number) => piecesOf(Buffer.from(text), sizes);

describe('a JSON object that is read in pieces', () => {
  for (const sizes of [1, 2, 3, 7, 1000]) {
    it(`has its fields and the entries of its lists, ${sizes} bytes at a time`, () => {
      const found = piecesOf(Buffer.from(TEXT), sizes).map(({ path, value }) => [path.join('.'), value]);
      expect(found).to.deep.equal([
        ['a', 'x"]}\\'],
        ['list.0', { b: [1, { c: '\u{1f642}' }] }],
        ['list.1', 'two'],
        ['list.2', 350],
        ['list.3', null],
        ['list.4', []],
        ['list.5', true],
        ['n', -1],
        ['e', {}],
        ['l2', [1]],
      ]);
    });
  }

  it('is the body itself where that is something else', () => {
    for (const text of ['[1]', ' 7', 'null', '"x"', '[]'])
      expect(piecesOf(Buffer.from(text), 1).map(({ path, value }) => [path, value])).to.deep.equal([
        [[], JSON.parse(text)],
      ]);
  });

  it('may begin with a byte order mark, have escaped names, and have nothing in it', () => {
    expect(piecesOf(Buffer.from('\ufeff {"\\u006cist":[1]}'), 2).map(({ path }) => path)).to.deep.equal([['list', 0]]);
    expect(piecesOf(Buffer.from('{}'), 1)).to.deep.equal([]);
    expect(piecesOf(Buffer.from('{"list":[ ]}'), 1)).to.deep.equal([]);
  });

  it('is refused wherever JSON.parse would refuse it', async () => {
    const broken = [
      '',
      ' ',
      '{',
      '}',
      ']',
      '{]',
      '{,}',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{"a" 1}',
      '{"a":1 2}',
      '{a:1}',
    ];
    const lists = ['[', '[1', '[1,]', '[,1]', '[1 2]', '[1}', '[}', '[1]]', '[tru]', '[01]', '["\n"]', '[1],', '[{]}]'];
    const texts = [
      ...broken,
      ...lists.map((list) => `{"list":${list}}`),
      '{} {}',
      '{}x',
      '{"list":[1]',
      '1 2',
      '{"a":"',
    ];
    for (const text of texts) {
      expect(() => JSON.parse(text), text).to.throw(SyntaxError);
      for (const sizes of [1, 1000]) {
        const error = await errorOf(reading(text, sizes));
        expect(error, text).to.be.instanceOf(HttpProblem);
        expect(error, text).to.include({ status: 400, code: 'invalid_body' });
      }
    }
  });

  it('is refused where a list stands twice, a value is too large, or bytes are no UTF-8', async () => {
    expect(await errorOf(reading('{"list":[],"list":[]}', 5))).to.include({ status: 400 });
    expect(await errorOf(reading(`{"a":"${'x'.repeat(1000)}`, 100))).to.include({ status: 413 });
    expect(await reading(`{"list":["${'x'.repeat(900)}","${'x'.repeat(900)}"]}`, 100)).to.have.length(2);
    const cut = async () => piecesOf(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 1);
    expect(await errorOf(cut())).to.include({ status: 400 });
  });
});
