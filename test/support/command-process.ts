import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { serviceProgram } from './service-bundle.js';

/** The command as somebody runs it, with a keyboard and a screen that are pipes. */
export class CommandProcess {
  output = '';
  errors = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<unknown[]>;
  private heard = Promise.withResolvers<void>();

  /** `settings` are named as in the environment, without the prefix. */
  constructor(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
    const own = Object.entries(settings).map(([name, value]) => [`AGENT_RUNTIME__${name}`, value]);
    const env = { PATH: process.env.PATH, ...Object.fromEntries(own) };
    const warnings = '--disable-warning=ExperimentalWarning';
    this.child = spawn(process.execPath, [warnings, serviceProgram(), ...args], { env, cwd: tmpdir() });
    this.ended = once(this.child, 'close');
    this.child.stdout.on('data', (piece) => {
      this.output += piece;
      this.tell();
    });
    this.child.stderr.on('data', (piece) => {
      this.errors += piece;
    });
    this.child.on('close', () => this.tell());
    this.child.stdin.on('error', () => {});
  }

  /** Resolves with what was said since the last time, when this was among it. */
  async says(text: string): Promise<string> {
    while (!this.output.includes(text)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`It ended and never said ${text}:\n${this.output}${this.errors}`);
      await this.heard.promise;
    }
    const end = this.output.indexOf(text) + text.length;
    const said = this.output.slice(0, end);
    this.output = this.output.slice(end);
    return said;
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Resolves with the exit code. What is typed may be at its end first. */
  async end(lines: readonly string[] = []): Promise<number | null> {
    this.child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    await this.ended;
    return this.child.exitCode;
  }

  async exitCode(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private tell(): void {
    this.heard.resolve();
    this.heard = Promise.withResolvers();
  }
}
