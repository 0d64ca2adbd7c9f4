import type { RunObserver } from '../../src/application/ports/run-observer.js';

/** Notes what it is told. */
export class NotingObserver implements RunObserver {
  /** The events that each reader was given again. */
  readonly resumes: number[] = [];
  /** Of each run that was taken over, whether it was answered again. */
  readonly takeovers: boolean[] = [];
  /** How many runs were lost to other processes. */
  lost = 0;

  readerResumed(events: number): void {
    this.resumes.push(events);
  }

  runTakenOver(answeredAgain: boolean): void {
    this.takeovers.push(answeredAgain);
  }

  runLost(): void {
    this.lost += 1;
  }
}
