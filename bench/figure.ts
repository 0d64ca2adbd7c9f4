import type { Subject } from './subject.js';

/** How large the quick run is, and how large the honest one. */
export interface Size {
  readonly streams: number;
  readonly tokens: number;
  readonly requests: number;
  /** Streams that are open and slow. */
  readonly slow: number;
  readonly idleSeconds: number;
  readonly turns: number;
  readonly sessions: number;
}

export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** `x`: times the floor; `+`: above the floor; undefined: as it is. */
  readonly against: 'x' | '+' | undefined;
  readonly target: number;
  /** Subjects that it says nothing about. */
  readonly without: readonly string[];
  measure(subject: Subject, size: Size): Promise<number>;
}

/** They do not send our frames, which the times are read from. */
export const PEERS = ['ai-sdk', 'portkey'];
