import type { FinishReason, OpenCall, RunError, Usage } from './wire.js';

/** What an answer came to. */
export interface Final {
  /** All that was read of the answer, from `after` on where that was said. */
  readonly text: string;
  /** `null` where there was nothing to read. */
  readonly finishReason: FinishReason | null;
  /** `null` where the model counted nothing. */
  readonly usage: Usage | null;
  /** The calls that wait for a client or a person. */
  readonly openCalls: readonly OpenCall[];
  readonly runId: string | undefined;
  /** Who answered, `<mode>:<name>`; `null` where that is not known. */
  readonly model: string | null;
  /** What went wrong, where something did. */
  readonly error: RunError | undefined;
}
