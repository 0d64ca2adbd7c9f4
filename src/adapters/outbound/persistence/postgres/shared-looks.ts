import { setImmediate } from 'node:timers/promises';

/** Looks up ids on the server. Callers of one turn of the event loop share one look, and so do callers that come
 *  while a look is under way. An answer may hold what others asked for. */
export class SharedLooks<Found> {
  private gathering: { readonly ids: Set<string>; readonly found: Promise<Found> } | undefined;
  private ahead: Promise<unknown> = Promise.resolve();

  constructor(private readonly look: (ids: readonly string[]) => Promise<Found>) {}

  find(ids: readonly string[]): Promise<Found> {
    this.gathering ??= this.gather();
    for (const id of ids) this.gathering.ids.add(id);
    return this.gathering.found;
  }

  private gather() {
    const ids = new Set<string>();
    const found = this.ahead.then(async () => {
      await setImmediate();
      this.gathering = undefined;
      return this.look([...ids]);
    });
    this.ahead = found.catch(() => {});
    return { ids, found };
  }
}
