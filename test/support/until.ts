/** Resolves when the condition holds, looked at once in every turn of the event loop: for what tells nobody that it happened. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
