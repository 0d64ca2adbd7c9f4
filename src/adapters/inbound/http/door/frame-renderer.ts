import type { RunEvent } from '../../../../domain/run-event.js';

/** The events of one run as the frames of one door. Pure: it is given every event from the first on, and the same
 *  events always make the same frames. */
export interface FrameRenderer {
  /** The frames that come first, whatever happens: sent at once. */
  readonly opening?: string;

  /** Whole frames, blank lines included; empty where the door has none for this event. The run's ending makes the last
   *  ones. */
  frame(event: RunEvent): string;
}
