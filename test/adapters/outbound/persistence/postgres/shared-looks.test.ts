import { expect } from 'chai';
import { SharedLooks } from '../../../../../src/adapters/outbound/persistence/postgres/shared-looks.js';
import { errorOf } from '../../../../support/builders.js';

describe('shared looks', () => {
  it('are one for those who ask at once, and one for those who ask meanwhile', async () => {
    const asked: (readonly string[])[] = [];
    const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const begun = Promise.withResolvers<void>();
    const looks = new SharedLooks(async (ids) => {
      asked.push(ids);
      begun.resolve();
      return answers[asked.length - 1]?.promise;
    });
    const first = [looks.find(['a']), looks.find(['b', 'a'])];
    await begun.promise;
    const second = [looks.find(['c']), looks.find(['d'])];
    expect(asked).to.deep.equal([['a', 'b']]);
    answers[0]?.resolve('first');
    expect(await Promise.all(first)).to.deep.equal(['first', 'first']);
    answers[1]?.resolve('second');
    expect(await Promise.all(second)).to.deep.equal(['second', 'second']);
    expect(asked).to.deep.equal([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('fail for those who shared one, and for nobody after them', async () => {
    let count = 0;
    const looks = new SharedLooks(async () => {
      count += 1;
      if (count === 1) throw new Error('away');
      return count;
    });
    const first = [looks.find(['a']), looks.find(['b'])].map(errorOf);
    for (const error of await Promise.all(first)) expect(error).to.be.instanceOf(Error);
    expect(await looks.find(['c'])).to.equal(2);
  });
});
