import type { Snapshot, Wanted } from '../ports/session-ledger.js';

/** The sessions whose runs this process writes, as it saw them last. Mostly they still stand so, and need not be read
 *  again. */
export class KnownSessions {
  private readonly seenLast = new Map<string, Snapshot>();

  /** Undefined where something is wanted of the session that is not known. */
  find(key: string, wanted: Wanted): Snapshot | undefined {
    const known = this.seenLast.get(key);
    return known !== undefined && holdsAll(known, wanted) ? known : undefined;
  }

  /** A session whose run others write is forgotten, because they change it. */
  remember(key: string, after: Snapshot, isOwn: boolean): void {
    const id = after.head?.active?.id ?? '';
    const record = after.runs.get(id) ?? this.seenLast.get(key)?.runs.get(id);
    if (!isOwn || record === undefined) this.seenLast.delete(key);
    else this.seenLast.set(key, { ...after, keyed: undefined, runs: new Map([[id, record]]) });
  }

  forget(key: string): void {
    this.seenLast.delete(key);
  }

  /** This process writes the run no more. */
  forgetRun(key: string, runId: string): void {
    if (this.seenLast.get(key)?.head?.active?.id === runId) this.seenLast.delete(key);
  }
}

/** Whether the snapshot has every record that is wanted. One that this process remembers has the active run's. */
function holdsAll({ runs }: Snapshot, wanted: Wanted): boolean {
  return wanted.key === undefined && wanted.runs !== undefined && wanted.runs.every((id) => runs.has(id));
}
