import { expect } from 'chai';
import { servedByIn, servedTools, toldName } from '../../src/domain/served-tools.js';

describe('the tools of servers', () => {
  const tool = (server: string, name: string) => ({ server, tool: name, description: undefined, parameters: {} });
  const names = (patterns: readonly string[], served: ReturnType<typeof tool>[], taken: readonly string[] = []) =>
    servedTools(patterns, served, [], taken).map((one) => [one.name, toldName(one)]);

  it('are those of the server that a pattern names, by their own names', () => {
    const served = [tool('files', 'read'), tool('files', 'remove'), tool('other', 'read')];
    expect(names(['files/rea*', 'read', '*'], served)).to.deep.equal([['files_read', 'files/read']]);
  });

  it('have names that models can be told, each its own', () => {
    const served = [
      tool('a', 'x.y'),
      tool('a', 'x/y'),
      tool('a_x', 'y'),
      tool('a', 'l'.repeat(90)),
      tool('a', 'l'.repeat(91)),
    ];
    expect(names(['a/*', 'a_x/*'], served, ['a_x_y']).map(([name]) => name)).to.deep.equal([
      'a_x_y_2',
      'a_x_y_3',
      'a_x_y_4',
      `a_${'l'.repeat(62)}`,
      `a_${'l'.repeat(60)}_2`,
    ]);
    expect(servedByIn('a/x/y')).to.deep.equal({ server: 'a', tool: 'x/y' });
    expect(servedByIn('read')).to.equal(undefined);
  });

  it('need a person as the last pattern that matches says', () => {
    const approval = [
      { pattern: 'delete_all', approval: 'never' },
      { pattern: '*', approval: 'never' },
      { pattern: 'delete_*', approval: 'always' },
    ] as const;
    const server = { name: 'a', url: '', headers: {}, approval };
    const served = [tool('a', 'delete_all'), tool('a', 'read'), tool('b', 'delete_all')];
    const needed = servedTools(['a/*', 'b/*'], served, [server], []).map((one) => one.approval);
    expect(needed).to.deep.equal(['always', 'never', 'never']);
  });
});
