import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** Each sample wakes the process, also an idle one. */
const SAMPLE_MS = 1000;
const NANOSECONDS = 1e9;

type Aggregator = 'min' | 'max' | 'average';

/** Under the names that prom-client has for them, which dashboards know; workers are told together as it does that. */
const LAGS: readonly (readonly [string, Aggregator, (lags: RecordableHistogram) => number])[] = [
  ['min', 'min', ({ min }) => min],
  ['max', 'max', ({ max }) => max],
  ['mean', 'average', ({ mean }) => mean],
  ['stddev', 'average', ({ stddev }) => stddev],
  ['p50', 'average', (lags) => lags.percentile(50)],
  ['p90', 'average', (lags) => lags.percentile(90)],
  ['p99', 'average', (lags) => lags.percentile(99)],
];

/** Tells how long work waits for its turn in this process, in place of what prom-client measures: that wakes an idle
 *  process a hundred times a second, and counts its own pauses in. */
export function watchEventLoop(registry: Registry, sampleMilliseconds = SAMPLE_MS): void {
  const lags = createHistogram();
  const gauges = LAGS.map(([word, aggregator, read]) => {
    const name = `nodejs_eventloop_lag_${word}_seconds`;
    registry.removeSingleMetric(name);
    const help = `How long work has waited for its turn since the metrics were read before: ${word}.`;
    return { gauge: new Gauge({ name, help, aggregator, registers: [registry], collect }), read };
  });
  /** Each of them comes by here; the first one reads for all. */
  function collect(): void {
    if (lags.count === 0) return;
    for (const { gauge, read } of gauges) gauge.set(read(lags) / NANOSECONDS);
    lags.reset();
  }
  sample(lags, sampleMilliseconds);
}

/** On average in that time, at moments that nothing else keeps time with. */
function sample(lags: RecordableHistogram, milliseconds: number): void {
  const wait = milliseconds * (0.5 + Math.random());
  const dueAt = performance.now() + wait;
  const take = (): void => {
    lags.record(Math.max(1, Math.round((performance.now() - dueAt) * 1e6)));
    sample(lags, milliseconds);
  };
  setTimeout(take, wait).unref();
}
