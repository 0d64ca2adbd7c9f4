import type { EventEmitter } from 'node:events';
import type { Logger } from '../../application/ports/logger.js';

/** A supervisor's, Ctrl-C, and a terminal that was closed. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One Ctrl-C comes more than once where a terminal and npm both hand it on. */
const ONE_WISH_MILLISECONDS = 1000;

export interface SignalledProcess extends Pick<EventEmitter, 'on'> {
  exit(code: number): void;
}

/** The first signal ends the process as it should be. One that comes a second later or more does not wait for
 *  anything. */
export function endOnSignals(end: () => void, log: Logger, signalled: SignalledProcess = process): void {
  let heardAt: number | undefined;
  const hear = (signal: string): void => {
    if (heardAt === undefined) {
      heardAt = performance.now();
      end();
    } else if (performance.now() - heardAt >= ONE_WISH_MILLISECONDS) {
      log.warn('another signal: ending at once', { signal });
      signalled.exit(1);
    }
  };
  for (const signal of SIGNALS) signalled.on(signal, hear);
}
