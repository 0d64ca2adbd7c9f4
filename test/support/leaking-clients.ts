import { setImmediate as nextTurn } from 'node:timers/promises';

const CUT = /terminated|fetch failed|aborted|other side closed|ECONNRESET|network error/i;

/** Some packages leave a rejection behind that nobody can handle when their connection dies: it would end a Node
 *  process. Around the tests of a `describe`, such a one of a cut connection is forgiven; anything else fails a test as
 *  ever. */
export function forgivingLeaks(): void {
  before(() => {
    process.setUncaughtExceptionCaptureCallback((error) => {
      if (isCut(error)) return;
      for (const listener of process.listeners('uncaughtException')) listener(error, 'uncaughtException');
    });
  });
  after(async () => {
    await nextTurn();
    process.setUncaughtExceptionCaptureCallback(null);
  });
}

function isCut(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || CUT.test(error.message));
}
