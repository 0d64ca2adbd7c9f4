import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { within } from './within.js';

/** Starts a server in another process, kills that one, and expects the server to end and its folder to go. `module`
 *  exports the server's class under that name. */
export async function expectEndWithItsParent(module: URL, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parent-of-server-'));
  // PostgreSQL may run as another user, who has to get through.
  chmodSync(folder, 0o755);
  const script = `
    const { ${name}: Server } = await import(${JSON.stringify(module.href)});
    const { port } = await Server.start();
    process.stdout.write(String(port));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env.PATH, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port]: unknown[] = await within(20_000, once(parent.stdout, 'data'));
    expect(await isServed(Number(port))).to.equal(true);
    parent.kill('SIGKILL');
    await within(10_000, untilGone(Number(port), folder));
  } finally {
    parent.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilGone(port: number, folder: string): Promise<void> {
  while ((await isServed(port)) || readdirSync(folder).length > 0) await delay(20);
}

async function isServed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
