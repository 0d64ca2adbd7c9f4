/** A random sequence that its seed repeats (mulberry32), and independent ones beside it, so that what one client draws
 *  does not depend on how fast another one is. */
export class Chance {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed | 0;
  }

  /** The same for the same number, however much was drawn here before. */
  beside(number: number): Chance {
    return new Chance(Math.imul(this.seed ^ (number + 1), 0x9e3779b1) ^ (number << 7));
  }

  /** True with this probability. */
  odds(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  oneOf<const Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.between(0, values.length - 1)] ?? values[0];
  }

  /** One of the names, each as likely as its weight says. At least one weight must be above 0. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names: Name[] = [];
    for (const name in weights) if (weights[name] > 0) names.push(name);
    const total = names.reduce((sum, name) => sum + weights[name], 0);
    let rest = this.fraction() * total;
    const chosen = names.find((name) => {
      rest -= weights[name];
      return rest < 0;
    });
    const name = chosen ?? names.at(-1);
    if (name === undefined) throw new Error('No weight is above 0.');
    return name;
  }

  private fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}
