/** The names of the calls of a session, under which results are told: the model's own where no other call has it, else
 *  one of ours. A call keeps the one under which it was told first. */
export class CallNames {
  private readonly taken: Set<string>;
  /** Of the answer that is written now, by the index in it. */
  private readonly given = new Map<number, string>();

  constructor(
    taken: Iterable<string>,
    private readonly newId: () => string,
    /** Otherwise the session has calls that nobody has read, and any name may be theirs. */
    private readonly knowsAll = true,
  ) {
    this.taken = new Set(taken);
  }

  of({ index, callId }: NamedCall): string {
    const given = this.given.get(index);
    if (given !== undefined) return given;
    const isNew = this.knowsAll && callId !== undefined && USABLE_ID.test(callId) && !this.taken.has(callId);
    const name = isNew ? callId : `call_${this.newId()}`;
    this.given.set(index, name);
    this.taken.add(name);
    return name;
  }

  /** The next answer counts its calls from the start. */
  beginAnswer(): void {
    this.given.clear();
  }
}

interface NamedCall {
  /** Of the call in its answer. */
  readonly index: number;
  /** The model's own id; undefined where it has given none. */
  readonly callId: string | undefined;
}

const USABLE_ID = /^[\x21-\x7e]{1,128}$/;
