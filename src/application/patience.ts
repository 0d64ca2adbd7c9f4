import { StoreUnavailable } from '../domain/errors.js';

const FIRST_WAIT = 50;
const LONGEST_WAIT = 1000;

/** Does what the store has to do, and again while the store is away. `begun` is what came of the first time, where that
 *  was done already. Throws what `act` throws otherwise, and the reason of `signal` when it aborts while the store is
 *  away. */
export async function whileStoreIsAway<Result>(
  act: () => Result,
  signal: AbortSignal,
  begun: Result = act(),
): Promise<Awaited<Result>> {
  let attempt = begun;
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await attempt;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      signal.throwIfAborted();
      await pause(wait, signal);
      signal.throwIfAborted();
      attempt = act();
    }
  }
}

/** The same for at most a second, since somebody waits for it: then it throws what came of the last time. */
export async function forASecondOfAbsence<Result>(act: () => Promise<Result>): Promise<Result> {
  const end = performance.now() + LONGEST_WAIT;
  for (let wait = FIRST_WAIT; ; wait *= 2) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() + wait > end) throw error;
    }
    await pause(wait);
  }
}

/** Resolves after a time, or when `signal` aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end, { once: true });
  });
}
