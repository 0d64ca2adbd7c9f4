import type { Logger } from '../../application/ports/logger.js';

/** A mistake nobody foresaw: open runs get their endings, and whatever started this process starts it afresh. */
export function endOnUnknownErrors(end: (exitCode: number) => unknown, log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.critical('unexpected error; ending the process', { error });
    end(1);
  });
}
