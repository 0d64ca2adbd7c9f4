import type { Ask } from './ask.js';

/** What is measured: a process that answers messages. */
export interface Subject {
  readonly origin: string;
  readonly pid: number;
  /** Whether its answers are our frames, to be held against what the model said. */
  readonly speaksFrames: boolean;
  /** Whether the history is the client's to send. */
  readonly keepsNothing: boolean;
  readonly ask: Ask;
  /** What it wants to be told with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes that it holds after a garbage collection; undefined where it cannot be asked. */
  heap(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** `folder` is for its files. */
export type NewSubject = (upstreamUrl: string, folder: string) => Promise<Subject>;
