import type { KeptSession } from './kept-session.js';

/** Which sessions stand on which shelf, so that a list looks at no others. */
export class MemoryShelves {
  private readonly shelves = new Map<string, Set<KeptSession>>();

  on(shelf: string): Iterable<KeptSession> {
    return this.shelves.get(shelf) ?? [];
  }

  put(session: KeptSession): void {
    for (const name of session.shelves) {
      const shelf = this.shelves.get(name);
      if (shelf === undefined) this.shelves.set(name, new Set([session]));
      else shelf.add(session);
    }
  }

  remove(session: KeptSession): void {
    for (const name of session.shelves) {
      const shelf = this.shelves.get(name);
      shelf?.delete(session);
      if (shelf?.size === 0) this.shelves.delete(name);
    }
  }
}
