/** Lets many wait for the next change. */
export class Wakeup {
  private readonly waiting = new Set<() => void>();

  /** Resolves at the next `wakeAll`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.waiting.add(wake);
    });
  }

  wakeAll(): void {
    for (const wake of this.waiting) wake();
  }
}
