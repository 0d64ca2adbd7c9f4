/** The values of a statement. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Returns how the text names the value. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** A statement. Its text depends on which parts it has, and never on a value. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}
