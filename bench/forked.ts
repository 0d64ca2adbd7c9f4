import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A file of this folder, compiled. */
export function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A process that runs this file, at the address that it tells. */
export async function forked(
  path: string,
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; origin: string }> {
  const child = fork(path, [...args], { execArgv: [] });
  const [port] = await once(child, 'message');
  return { child, origin: `http://127.0.0.1:${port}` };
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
