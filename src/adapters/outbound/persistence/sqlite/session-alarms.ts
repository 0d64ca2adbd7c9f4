import type { Due } from '../../../../domain/session-head.js';

/** When sessions are due, by the time since this process began: that clock never jumps. The file keeps only which of
 *  them have an alarm. It belongs to one process, so what was to be done by the process before is due at once. */
export class SessionAlarms {
  private readonly dueAt: Map<string, number>;

  constructor(leftBehind: Iterable<string>) {
    this.dueAt = new Map([...leftBehind].map((key) => [key, 0]));
  }

  set(key: string, dueIn: Due): void {
    if (dueIn === 'never') this.forget(key);
    else if (dueIn !== 'unchanged') this.dueAt.set(key, performance.now() + dueIn);
  }

  forget(key: string): void {
    this.dueAt.delete(key);
  }

  isDue(key: string): boolean {
    return (this.dueAt.get(key) ?? Number.POSITIVE_INFINITY) <= performance.now();
  }

  /** Longest due first. Those that are not there any more have no alarm from now on. */
  due(limit: number, isThere: (key: string) => boolean): readonly string[] {
    const now = performance.now();
    const ringing = [...this.dueAt].filter(([, at]) => at <= now).sort(([, left], [, right]) => left - right);
    const due: string[] = [];
    for (const [key] of ringing) {
      if (due.length === limit) break;
      if (isThere(key)) due.push(key);
      else this.forget(key);
    }
    return due;
  }
}
