import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { Terminal } from '../../../../src/adapters/inbound/cli/terminal.js';

describe('the terminal', () => {
  it('gives what was typed ahead, line by line, and undefined at the end', async () => {
    const { terminal, input } = open();
    input.end('one\ntwo\n');
    expect([await terminal.ask('> '), await terminal.ask('> ')]).to.deep.equal(['one', 'two']);
    expect(await terminal.ask('> ')).to.equal(undefined);
  });

  it('hands on Ctrl-C, which a terminal that is read line by line takes for a key', async () => {
    const { terminal, input } = open(true);
    const interrupted = new Promise<void>((resolve) => terminal.onInterrupt(resolve));
    void terminal.ask('> ');
    input.write('\u0003');
    await interrupted;
    terminal.close();
  });

  it('asks no more when it is told to leave, and begins a line of its own for what it says', async () => {
    const { terminal, shown } = open();
    const leaving = new AbortController();
    terminal.show('a piece');
    const asked = terminal.ask('> ', leaving.signal).catch((error: unknown) => error);
    leaving.abort('gone');
    expect(await asked).to.equal('gone');
    terminal.show('\u001b[2Jnext');
    terminal.say('done');
    expect(shown()).to.equal('a piece\n> ␛[2Jnext\ndone\n');
  });
});

function open(isTTY = false) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  return { terminal: new Terminal({ input, output }), input, shown: () => String(output.read() ?? '') };
}
