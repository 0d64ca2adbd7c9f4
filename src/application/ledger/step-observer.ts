import type { SettledCall } from '../../domain/settled-call.js';

/** Is told what becomes of steps. Returns at once and never throws. */
export interface StepObserver {
  /** A step is decided again, since another process was faster. */
  stepRetried(): void;
  /** A step that settles a call is kept. */
  callSettled(call: SettledCall): void;
}
