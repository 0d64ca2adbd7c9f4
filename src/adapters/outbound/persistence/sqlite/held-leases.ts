/** The leases that this process has, by the time since it began: that clock never jumps. A file belongs to one process, so a
 *  run whose lease is not here has no writer at all. */
export class HeldLeases {
  private readonly until = new Map<string, number>();

  constructor(private readonly milliseconds: number) {}

  /** From now on for its whole time. */
  hold(runId: string): void {
    this.until.set(runId, performance.now() + this.milliseconds);
  }

  isHeld(runId: string): boolean {
    return (this.until.get(runId) ?? 0) > performance.now();
  }

  letGo(runId: string): void {
    this.until.delete(runId);
  }
}
