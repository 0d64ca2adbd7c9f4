import type { Due } from '../../../../domain/session-head.js';

/** When sessions are due, by a clock that counts since this process began and never jumps. The file keeps only which
 *  sessions have an alarm. It belongs to one process, so what the process before left is due at once. */
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

  /** The session that is due longest comes first. Sessions that no longer exist lose their alarms here. */
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
