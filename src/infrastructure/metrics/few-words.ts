const MOST = 20;
const OTHER = 'other';

/** Words of somebody else as values of a label: few, short and plain, so that nobody can fill the metrics with them. */
export class FewWords {
  private readonly known = new Set<string>();
  private readonly own: ReadonlySet<string>;

  /** `own` are told as they are, however many there are. */
  constructor(own: readonly string[] = []) {
    this.own = new Set(own);
  }

  /** The word in small letters; `other` where it is no plain word, or one too many. */
  nameOf(word: string): string {
    if (this.own.has(word)) return word;
    const name = word.trim().toLowerCase();
    if (!/^[a-z][a-z0-9_./-]{0,39}$/.test(name)) return OTHER;
    if (this.known.size < MOST) this.known.add(name);
    return this.known.has(name) ? name : OTHER;
  }
}
