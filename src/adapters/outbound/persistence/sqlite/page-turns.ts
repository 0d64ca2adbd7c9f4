import { setImmediate as nextTurn } from 'node:timers/promises';

/** SQLite reads a page of a history at once, and a page of large messages takes long. So one page is read in each turn
 *  of the event loop, whoever asks, and other work has its turn in between. */
export class PageTurns {
  private free: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, which it has to use at once. */
  mine(): Promise<void> {
    const mine = this.free;
    this.free = mine.then(() => nextTurn());
    return mine;
  }
}
