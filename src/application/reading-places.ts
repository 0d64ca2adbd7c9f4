/** So many may read at the same time. */
const READERS = 8;
/** A reader keeps its place no longer than that. It reads on without one, and so a slow one keeps nobody from reading
 *  for long. */
const MILLISECONDS = 30_000;
/** A client that takes longer for one page is slow. */
const PAGE_MILLISECONDS = 1000;
/** So many readers wait for the store at the same time, with a place or without. */
const LOADING = 4;

/** Whoever reads all of a session holds a page of it while its client takes that. A page of large messages is large,
 *  and many readers at once would have one each, and ask the store for them together: too much for the memory, and for
 *  the time in which a store has to answer. So they read in turn. */
export class ReadingPlaces {
  private readonly readers: Turns;
  private readonly loading = new Turns(LOADING);

  constructor(
    readers = READERS,
    private readonly milliseconds = MILLISECONDS,
    private readonly pageMilliseconds = PAGE_MILLISECONDS,
  ) {
    this.readers = new Turns(readers);
  }

  /** The same pages, from when there is a place. That is free again when they have been read, the reader leaves, or its
   *  time is over. */
  async *inTurn<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, undefined> {
    const leave = await this.readers.enter();
    const late = setTimeout(leave, this.milliseconds);
    let slow: ReturnType<typeof setTimeout> | undefined;
    try {
      for await (const page of this.loaded(pages)) {
        slow = setTimeout(leave, this.pageMilliseconds);
        yield page;
        clearTimeout(slow);
      }
    } finally {
      clearTimeout(late);
      clearTimeout(slow);
      leave();
    }
  }

  /** The store bounds the time that a page takes, and so nobody waits here for a slow client. */
  private async *loaded<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, undefined> {
    const reading = pages[Symbol.asyncIterator]();
    try {
      for (;;) {
        const leave = await this.loading.enter();
        const { value, done } = await reading.next().finally(leave);
        if (done === true) return;
        yield value;
      }
    } finally {
      await reading.return?.();
    }
  }
}

/** Places for some; the others wait in line. */
class Turns {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Returns how to leave again, which counts once. */
  async enter(): Promise<() => void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.leave();
      hasLeft = true;
    };
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
