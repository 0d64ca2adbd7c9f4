/** A random sequence that a seed repeats (mulberry32). The seed is printed, and AGENT_RUNTIME_TEST_SEED sets it. */
export class SeededRandom {
  readonly seed = Number(process.env.AGENT_RUNTIME_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  private state = this.seed;

  /** From 0 up to, but not including, `below`. */
  whole(below: number): number {
    return Math.floor(this.next() * below);
  }

  oneOf<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.whole(values.length)] ?? values[0];
  }

  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}
