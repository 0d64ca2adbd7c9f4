import type { PromptContext } from './prompt-context.js';

/** Which model is asked, and with what. */
export interface AskedModel {
  /** The full name. */
  readonly model: string;
  /** What its prompt holds. */
  readonly context?: PromptContext | undefined;
}

/** A call of a model, before it is made. */
export interface Attempt extends AskedModel {
  /** Which call of its run it is, from 1 on. */
  readonly number: number;
}
