export interface TokenCounter {
  /** Names the way of counting. Counts of another name are not comparable. */
  readonly name: string;

  /** How many tokens a text has, for a model of today; near enough for every other one. Never throws for what a text
   *  says, and takes a time that grows with its length only. It does not hold up whoever else has work. */
  count(text: string): Promise<number>;
}
