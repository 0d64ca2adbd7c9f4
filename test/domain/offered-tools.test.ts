import { expect } from 'chai';
import { offeredChoice } from '../../src/domain/offered-tools.js';
import type { Tool } from '../../src/domain/tool.js';

const READ: Tool = { name: 'read_file', description: undefined, parameters: {}, approval: 'never' };

describe('a choice of tools', () => {
  it('names a tool that is offered, or is none: the turn may be another agent now', () => {
    expect(offeredChoice({ name: 'read_file' }, [READ])).to.deep.equal({ name: 'read_file' });
    expect(offeredChoice({ name: 'read_file' }, [{ ...READ, name: 'write_file' }])).to.equal(undefined);
    for (const word of ['auto', 'none', 'required', undefined] as const)
      expect(offeredChoice(word, [READ])).to.equal(word);
  });
});
