const GRACE_MILLISECONDS = 10_000;

/** A test that leaves something open would keep the process, and whatever waits for it, for ever: this fails it
 *  instead, and says what is open. The timer itself keeps nothing alive. */
export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`The tests have ended and the process does not, for this is still open: ${open}\n`);
    process.exit(1);
  }, GRACE_MILLISECONDS).unref();
}
