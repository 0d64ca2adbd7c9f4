/** Turns in which something that is about to happen does happen. */
const QUICK_TURNS = 50;
const PAUSE_MILLISECONDS = 2;
/** Taken before any test puts another clock in its place. */
const { setTimeout: realTimeout } = globalThis;

/** Resolves when the condition holds, looked at in the next turns of the event loop, and then as often as costs
 *  nothing: for what tells nobody that it happened. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn += 1) {
    await new Promise<void>((resolve) =>
      turn < QUICK_TURNS ? setImmediate(resolve) : realTimeout(resolve, PAUSE_MILLISECONDS),
    );
  }
}
