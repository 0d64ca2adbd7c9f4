import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { watchEventLoop } from './event-loop-lag.js';

/** prom-client always has a timer for the event loop; this is as good as none. */
const ONCE_A_DAY = 24 * 60 * 60 * 1000;

/** Makes metrics, and tells them all. */
export class NamedMetrics {
  private readonly registry = new Registry();

  /** Adds what Node knows of the process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: ONCE_A_DAY });
    watchEventLoop(this.registry);
  }

  /** Whoever asks the first process for the metrics of all its workers is told these, too. */
  shareWithWorkers(): void {
    AggregatorRegistry.setRegistries([this.registry]);
    new AggregatorRegistry();
  }

  /** In Prometheus' text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  /** Where the values of its one label are known, it counts from 0: a rate sees the first of each. */
  counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    known: readonly string[] = [],
  ) {
    const counter = new Counter<Label>({ name, help, labelNames, registers: [this.registry] });
    for (const value of known) counter.labels(value).inc(0);
    return counter;
  }

  gauge<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Gauge<Label>({ name, help, labelNames, registers: [this.registry] });
  }

  /** What is counted anyway, read when somebody asks. */
  level(name: string, help: string, read: () => number): void {
    const collect = () => gauge.set(read());
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect });
  }

  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ) {
    return new Histogram<Label>({ name, help, labelNames, buckets: [...buckets], registers: [this.registry] });
  }
}
