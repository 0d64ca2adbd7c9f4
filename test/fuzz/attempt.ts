/** One connection to the service, and what is sent on it. */
export interface Attempt {
  /** For the report: what is wrong with it. */
  readonly name: string;
  /** Of the first request, as far as it has one. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Each a write of its own. */
  readonly pieces: readonly Uint8Array[];
  /** Whether nothing more comes behind them, and the service is told so. */
  readonly halfCloses: boolean;
  /** Whether a closed connection without a word is an answer too. */
  readonly maySayNothing: boolean;
  /** Whether it must be answered with one error and nothing else: two readers of these bytes could see different
   *  requests. */
  readonly mustBeRefused: boolean;
  /** How long it may take. */
  readonly milliseconds: number;
}

export const USUAL_PATIENCE_MS = 20_000;

/** Bytes as they stand, character by character. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
