import type { WireFrame } from './history.js';

/** How a wire is read: its bytes, however they are cut, as frames. */
export interface FrameDecoder {
  /** The frames that these bytes made whole. */
  take(bytes: Uint8Array): readonly WireFrame[];
}
