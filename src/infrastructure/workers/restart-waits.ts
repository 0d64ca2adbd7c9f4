const FIRST_MILLISECONDS = 1000;
const LONGEST_MILLISECONDS = 30_000;
/** Who has lived as long did not die of how it was started. */
const LONG_LIFE_MILLISECONDS = 60_000;

/** How long to wait before a worker is started in the place of one that died: longer each time while they die young. */
export class RestartWaits {
  private next = FIRST_MILLISECONDS;

  /** `lived`: the milliseconds that the dead one has lived. */
  after(lived: number): number {
    if (lived >= LONG_LIFE_MILLISECONDS) this.next = FIRST_MILLISECONDS;
    const wait = this.next;
    this.next = Math.min(LONGEST_MILLISECONDS, wait * 2);
    return wait;
  }
}
