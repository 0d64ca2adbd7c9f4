/** Before the first test, since a fetch may take longer than a test may. What cannot be had is said here at once, and
 *  again by each test that needs it: the others run. */
export async function soughtBeforehand(needed: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const find of needed) {
    await find().catch((error: unknown) => process.stderr.write(`${error}\n`));
  }
}
