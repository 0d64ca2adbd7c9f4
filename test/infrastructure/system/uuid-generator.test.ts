import { expect } from 'chai';
import { UuidGenerator } from '../../../src/infrastructure/system/uuid-generator.js';

describe('UuidGenerator', () => {
  const ids = Array.from({ length: 1000 }, () => new UuidGenerator().next());

  it('gives ids of the characters that the port allows', () => {
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).to.deep.equal([]);
  });

  it('never gives the same one twice', () => {
    expect(new Set(ids).size).to.equal(ids.length);
  });
});
