import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is counted anyway, read when somebody asks for the metrics. */
export interface Levels {
  readonly activeRuns: number;
  readonly readers: number;
  readonly connections: number;
}

/** Every metric of the service. No label holds an id, or anything that a client or a provider has written, but for a few short
 *  words that end answers. */
export class Metrics {
  private readonly registry = new Registry();

  readonly messages = this.counter(
    'agent_runtime_messages_total',
    'Messages that were sent: running, queued or replayed, or the code of the refusal',
    ['outcome'],
  );
  readonly queueWait = this.histogram(
    'agent_runtime_queue_wait_seconds',
    'From the acceptance of a message until the model is asked',
    WAITS,
  );
  readonly runsEnded = this.counter('agent_runtime_runs_ended_total', 'Runs that were ended here', ['finish_reason']);
  readonly runFailures = this.counter('agent_runtime_run_failures_total', 'Those of them that ended with an error', [
    'code',
  ]);
  readonly runDuration = this.histogram(
    'agent_runtime_run_duration_seconds',
    'From the acceptance of a message until the end of its run',
    WAITS,
  );
  readonly takeovers = this.counter(
    'agent_runtime_takeovers_total',
    'Runs taken up here whose writer was gone: answered_again, or ended as they stood',
    ['outcome'],
  );
  readonly leasesLost = this.counter('agent_runtime_leases_lost_total', 'Runs that another process took from this one');
  readonly upstreamAttempts = this.counter(
    'agent_runtime_upstream_attempts_total',
    'Calls of the model: ok, stopped by this side, or the code of the failure',
    ['outcome'],
  );
  readonly unknownFinishReasons = this.counter(
    'agent_runtime_unknown_finish_reasons_total',
    'Answers that ended with a reason of the upstream that nobody knows, and count as stop; other beyond the first 20 reasons',
    ['reason'],
  );
  readonly firstToken = this.histogram(
    'agent_runtime_time_to_first_token_seconds',
    'From a call of the model until its first text',
    WAITS,
  );
  readonly tokens = this.counter('agent_runtime_tokens_total', 'Pieces of text that came from the model');
  readonly upstreamTokens = this.counter(
    'agent_runtime_upstream_tokens_total',
    'Tokens as the upstream counts them, where it does: input or output',
    ['direction'],
  );
  readonly journalLag = this.histogram(
    'agent_runtime_journal_lag_seconds',
    'From the arrival of text until it is journalled and the model is read on; one batch of 16 is timed',
    CALLS,
  );
  readonly unjournalledRuns = this.gauge(
    'agent_runtime_unjournalled_runs',
    'Runs with text that has arrived and is not journalled yet',
  );
  readonly resumes = this.counter(
    'agent_runtime_resumes_total',
    'Readers that came to a run after its start, or came back',
  );
  readonly replayedFrames = this.counter(
    'agent_runtime_replayed_frames_total',
    'Events that were journalled before these readers came',
  );
  readonly storeCalls = this.histogram(
    'agent_runtime_store_call_seconds',
    'Calls of the store, whatever came of them; for append see the lag of the journal',
    CALLS,
    ['operation'],
  );
  readonly storeFailures = this.counter(
    'agent_runtime_store_calls_failed_total',
    'Calls of the store that found it away',
    ['operation'],
  );
  private readonly activeRuns = this.gauge('agent_runtime_active_runs', 'Runs that are written here');
  private readonly readers = this.gauge('agent_runtime_readers', 'Readers that follow a run here');
  private readonly connections = this.gauge('agent_runtime_connections', 'Connections of clients that are open here');

  /** Adds what Node knows of the process: memory, CPU, garbage, the delay of the event loop. It is measured from now on. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** All of them in Prometheus' text format, version 0.0.4. */
  render({ activeRuns, readers, connections }: Levels): Promise<string> {
    this.activeRuns.set(activeRuns);
    this.readers.set(readers);
    this.connections.set(connections);
    return this.registry.metrics();
  }

  private counter<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Counter<Label>({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string) {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  private histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ) {
    return new Histogram<Label>({ name, help, labelNames, buckets: [...buckets], registers: [this.registry] });
  }
}

/** Of people, in seconds. */
const WAITS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** Of a store. */
const CALLS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
