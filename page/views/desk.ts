import { EndKeeper } from './end-keeper.js';

/** What is open on the page just now, and is forgotten with it. */
export class Desk {
  isDrawerOpen = false;
  /** Sessions, by their ids. */
  menuOf: string | undefined;
  renaming: string | undefined;
  deleting: string | undefined;
  /** A message, by its id. */
  editing: string | undefined;
  trouble: string | undefined;
  readonly end: EndKeeper;

  constructor(private readonly changed: () => void) {
    this.end = new EndKeeper(changed);
  }

  /** Whether Escape is for something that is open. */
  get isBusy(): boolean {
    return [this.menuOf, this.renaming, this.deleting, this.editing].some((open) => open !== undefined);
  }

  set(change: Partial<Pick<Desk, 'isDrawerOpen' | 'menuOf' | 'renaming' | 'deleting' | 'editing' | 'trouble'>>): void {
    Object.assign(this, change);
    this.changed();
  }

  clear(): void {
    const nothing = { menuOf: undefined, renaming: undefined, deleting: undefined, editing: undefined };
    this.set({ isDrawerOpen: false, ...nothing, trouble: undefined });
  }
}
