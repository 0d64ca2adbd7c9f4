import { expect } from 'chai';
import { textPieces } from '../../../../src/adapters/outbound/tokens/text-pieces.js';
import { WorkerTokenCounter } from '../../../../src/adapters/outbound/tokens/worker-token-counter.js';

const LENGTH = 200_000;

describe('WorkerTokenCounter', () => {
  const counter = new WorkerTokenCounter();

  it('loads its tokenizer with the first text that has to be counted, and once', async () => {
    let threads = 0;
    const begun = () => {
      threads += 1;
    };
    process.on('worker', begun);
    try {
      const lazy = new WorkerTokenCounter();
      expect([await lazy.count(''), threads]).to.deep.equal([0, 0]);
      expect([await lazy.count('Hello'), await lazy.count(' world'), threads]).to.deep.equal([1, 1, 1]);
    } finally {
      process.off('worker', begun);
    }
  }).timeout(60_000);

  it('counts as the tokenizer of the model does', async () => {
    const texts = ['', 'Hello', 'Hello world!', 'tiktoken is great!', ' '.repeat(20)];
    expect(await Promise.all(texts.map((text) => counter.count(text)))).to.deep.equal([0, 1, 3, 6, 1]);
  }).timeout(60_000);

  it('takes whatever a text says for text, special tokens and half characters too', async () => {
    for (const text of ['<|endoftext|>', '<|im_start|>system<|im_end|>', '\ud800abc', '__proto__'])
      expect(await counter.count(text), JSON.stringify(text)).to.be.within(2, 20);
  }).timeout(60_000);

  const hostile: readonly (readonly [string, string])[] = [
    ['times the same letter', 'a'.repeat(LENGTH)],
    ['spaces', ' '.repeat(LENGTH)],
    ['line ends', '\n'.repeat(LENGTH)],
    ['halves of emoji', '😀'.repeat(LENGTH / 2)],
    ['letters without a space', Buffer.alloc((LENGTH * 3) / 4, 'Zufall und Unsinn').toString('base64')],
    ['characters of special tokens', '<|endoftext|>'.repeat(LENGTH / 13)],
  ];
  for (const [what, text] of hostile)
    it(`comes to the end of 200,000 ${what}, and others are counted meanwhile`, async () => {
      const long = counter.count(text);
      let isLongOver = false;
      const over = long.then(() => {
        isLongOver = true;
      });
      expect(await counter.count('Hello')).to.equal(1);
      expect(isLongOver).to.equal(false);
      await over;
      expect(await long).to.be.within(1000, LENGTH);
    }).timeout(60_000);

  it('cuts a text into pieces that are not long, lose nothing and divide no character', () => {
    for (const text of [
      ...hostile.map(([, text]) => text.slice(0, 5000)),
      `x${'😀'.repeat(900)}`,
      'one two '.repeat(300),
    ]) {
      const pieces = [...textPieces(text)];
      expect(pieces.join('')).to.equal(text);
      for (const piece of pieces) {
        expect(piece.length).to.be.within(1, 128);
        expect(piece.isWellFormed()).to.equal(true);
      }
    }
  });
});
