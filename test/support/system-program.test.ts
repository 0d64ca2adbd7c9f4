import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { installedProgram } from './system-program.js';

const REDIS = ['redis-server', 'valkey-server'];

describe('installedProgram', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-runtime-programs-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the one of the first folder that has it', () => {
    place('near', 'redis-server');
    place('far', 'redis-server');
    expect(answerOf(REDIS, ['empty', 'near', 'far'])).to.equal('near/redis-server');
  });

  it('is another program that does the same only where the preferred one is nowhere', () => {
    place('near', 'valkey-server');
    expect(answerOf(REDIS, ['near', 'far'])).to.equal('near/valkey-server');
    place('far', 'redis-server');
    expect(answerOf(REDIS, ['near', 'far'])).to.equal('far/redis-server');
  });

  it('is not a folder, nor a file that cannot be run', () => {
    mkdirSync(join(folder, 'near/redis-server'), { recursive: true });
    place('far', 'redis-server', 0o644);
    expect(installedProgram(REDIS, at(['', 'near', 'far']))).to.equal(undefined);
  });

  it('is found with an empty PATH too, where this system keeps its programs', () => {
    const { PATH } = process.env;
    process.env.PATH = '';
    try {
      expect(installedProgram(['env'])?.path).to.match(/\/bin\/env$/);
    } finally {
      process.env.PATH = PATH;
    }
  });

  function place(where: string, name: string, mode = 0o755): void {
    mkdirSync(join(folder, where), { recursive: true });
    writeFileSync(join(folder, where, name), `#!/bin/sh\necho ${where}/${name}\n`, { mode });
  }

  /** What the program says when it is run. */
  function answerOf(programs: readonly string[], folders: readonly string[]): string {
    const program = installedProgram(programs, at(folders));
    return program === undefined ? 'nothing' : execFileSync(program.path, { encoding: 'utf8' }).trim();
  }

  function at(folders: readonly string[]): string[] {
    return folders.map((each) => (each === '' ? '' : join(folder, each)));
  }
});
