/** Lets many wait for the next change. */
export class Wakeup {
  private next: PromiseWithResolvers<void> | undefined;
  /** A signal has one listener, however often it waits, because a reader waits for every token. */
  private readonly heard = new WeakSet<AbortSignal>();

  /** Resolves at the next `wakeAll`, or when `signal` aborts. It may resolve without a change, so the caller looks
   *  again. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    if (!this.heard.has(signal)) {
      this.heard.add(signal);
      signal.addEventListener('abort', () => this.wakeAll(), { once: true });
    }
    this.next ??= Promise.withResolvers();
    return this.next.promise;
  }

  wakeAll(): void {
    this.next?.resolve();
    this.next = undefined;
  }
}
