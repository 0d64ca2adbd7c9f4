import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { visibleText } from './visible-text.js';

export interface TerminalStreams {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/** Lines that a person types, and text for that person. Nothing that is shown can steer the terminal. */
export class Terminal {
  private readonly reading: Interface;
  private readonly typed: string[] = [];
  private waiting: ((line: string | undefined) => void) | undefined;
  private isClosed = false;
  private isInLine = false;

  constructor(private readonly streams: TerminalStreams) {
    this.reading = createInterface({ ...streams, terminal: streams.input.isTTY === true });
    this.reading.on('line', (line) => this.take(line));
    this.reading.on('close', () => this.end());
  }

  /** Ctrl-C: a terminal that reads line by line hands it on as a key. */
  onInterrupt(act: () => void): void {
    this.reading.on('SIGINT', act);
  }

  /** The next line; undefined when there will be none. Throws the signal's reason. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    signal?.throwIfAborted();
    this.endLine();
    this.reading.setPrompt(visibleText(question));
    if (this.typed.length > 0 || this.isClosed) {
      this.streams.output.write(visibleText(question));
      return Promise.resolve(this.typed.shift());
    }
    this.reading.prompt();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting = undefined;
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting = (line) => {
        signal?.removeEventListener('abort', leave);
        resolve(line);
      };
    });
  }

  /** A line of its own. */
  say(text: string): void {
    this.endLine();
    this.streams.output.write(`${visibleText(text)}\n`);
  }

  /** A piece of a text that goes on. */
  show(text: string): void {
    if (text === '') return;
    this.streams.output.write(visibleText(text));
    this.isInLine = !text.endsWith('\n');
  }

  close(): void {
    this.reading.close();
  }

  private endLine(): void {
    if (this.isInLine) this.streams.output.write('\n');
    this.isInLine = false;
  }

  private take(line: string): void {
    if (this.waiting === undefined) this.typed.push(line);
    else this.answer(line);
  }

  private end(): void {
    this.isClosed = true;
    if (this.waiting !== undefined) this.answer(undefined);
  }

  private answer(line: string | undefined): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(line);
  }
}
