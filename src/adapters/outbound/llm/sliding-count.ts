/** How often something happened in the last so many seconds, to the second. */
export class SlidingCount {
  private readonly slots: { second: number; count: number }[];

  constructor(private readonly seconds: number) {
    this.slots = Array.from({ length: seconds }, () => ({ second: Number.NEGATIVE_INFINITY, count: 0 }));
  }

  add(): void {
    const second = now();
    const slot = this.slots[second % this.seconds];
    if (slot === undefined) return;
    slot.count = slot.second === second ? slot.count + 1 : 1;
    slot.second = second;
  }

  sum(): number {
    const before = now() - this.seconds;
    return this.slots.reduce((sum, { second, count }) => (second > before ? sum + count : sum), 0);
  }

  clear(): void {
    for (const slot of this.slots) slot.second = Number.NEGATIVE_INFINITY;
  }
}

function now(): number {
  return Math.floor(performance.now() / 1000);
}
