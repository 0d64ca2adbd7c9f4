import type { Clock } from '../../src/application/ports/clock.js';

/** Stands still until it is told otherwise. */
export class FixedClock implements Clock {
  constructor(private time = new Date('2026-01-01T00:00:00.000Z').getTime()) {}

  now(): Date {
    return new Date(this.time);
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}
