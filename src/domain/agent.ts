import type { GenerationOptions } from './generation-options.js';

/** What the model is told before the conversation. */
export interface Instructions {
  readonly text: string;
  /** Who says it. `user`: in front of the first user message, for templates that refuse any other role. `none`:
   *  nobody. */
  readonly role: 'system' | 'developer' | 'user' | 'none';
}

/** A named profile: who answers a message, and how. */
export interface Agent {
  readonly name: string;
  readonly description: string | undefined;
  /** Its full name, `<mode>:<name>`. */
  readonly model: string;
  /** Asked in order, each when the one before cannot answer. Full names. */
  readonly fallbacks: readonly string[];
  readonly instructions: Instructions;
  readonly options: GenerationOptions;
  /** How many tokens a prompt may have; undefined where nobody said. */
  readonly contextTokens: number | undefined;
  /** Names of tools, and `server/pattern` for those of servers. */
  readonly tools: readonly string[];
  /** Calls of the model in one turn. */
  readonly maxSteps: number;
}

/** The agent of whoever names none. */
export const DEFAULT_AGENT = 'default';
