import type { RunObserver } from '../../application/ports/run-observer.js';
import type { Metrics } from './metrics.js';

/** Counts what it is told. */
export class CountingRunObserver implements RunObserver {
  constructor(private readonly metrics: Metrics) {}

  readerResumed(events: number): void {
    this.metrics.resumes.inc();
    this.metrics.replayedFrames.inc(events);
  }

  runTakenOver(answeredAgain: boolean): void {
    this.metrics.takeovers.inc({ outcome: answeredAgain ? 'answered_again' : 'ended' });
  }

  runLost(): void {
    this.metrics.leasesLost.inc();
  }
}
