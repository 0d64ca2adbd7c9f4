import type { IdGenerator } from '../../src/application/ports/id-generator.js';

export class SequentialIds implements IdGenerator {
  private last = 0;

  constructor(private readonly prefix = 'id') {}

  next(): string {
    this.last += 1;
    return `${this.prefix}${this.last}`;
  }
}
