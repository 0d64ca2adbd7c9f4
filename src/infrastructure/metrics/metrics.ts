import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  ATTEMPT_OUTCOMES,
  DIRECTIONS,
  FAILOVER_CODES,
  FINISH_REASONS,
  MESSAGE_OUTCOMES,
  RUN_FAILURE_CODES,
  STORE_OPERATIONS,
  TAKEOVER_OUTCOMES,
} from './known-labels.js';

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
    MESSAGE_OUTCOMES,
  );
  readonly queueWait = this.histogram(
    'agent_runtime_queue_wait_seconds',
    'From the acceptance of a message until the model is asked',
    WAITS,
  );
  readonly runsEnded = this.counter(
    'agent_runtime_runs_ended_total',
    'Runs that were ended here',
    ['finish_reason'],
    FINISH_REASONS,
  );
  readonly runFailures = this.counter(
    'agent_runtime_run_failures_total',
    'Those of them that ended with an error',
    ['code'],
    RUN_FAILURE_CODES,
  );
  readonly runDuration = this.histogram(
    'agent_runtime_run_duration_seconds',
    'From the acceptance of a message until the end of its run',
    WAITS,
  );
  readonly takeovers = this.counter(
    'agent_runtime_takeovers_total',
    'Runs taken up here whose writer was gone: answered_again, or ended as they stood',
    ['outcome'],
    TAKEOVER_OUTCOMES,
  );
  readonly leasesLost = this.counter('agent_runtime_leases_lost_total', 'Runs that another process took from this one');
  readonly upstreamAttempts = this.counter(
    'agent_runtime_upstream_attempts_total',
    'Calls of the model: ok, stopped by this side, or the code of the failure',
    ['outcome'],
    ATTEMPT_OUTCOMES,
  );
  readonly providerAttempts = this.counter(
    'agent_runtime_provider_attempts_total',
    'The same, by the mode of the model that was called',
    ['provider', 'outcome'],
  );
  readonly failovers = this.counter(
    'agent_runtime_failovers_total',
    'Models that failed before their first token, where the next of the fallbacks was asked: by the code of the failure',
    ['code'],
    FAILOVER_CODES,
  );
  readonly awayToolServers = this.counter(
    'agent_runtime_tool_servers_away_total',
    'How often a server of tools was found to be away',
    ['server'],
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
    DIRECTIONS,
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
    STORE_OPERATIONS,
  );
  readonly httpRequests = this.counter(
    'agent_runtime_http_requests_total',
    'Requests that are over; 499 where the client left before it was answered',
    ['method', 'route', 'status'],
  );
  readonly httpDuration = this.histogram(
    'agent_runtime_http_request_duration_seconds',
    'From the head of a request until its answer is with its client',
    REQUESTS,
    ['method', 'route', 'status'],
  );
  readonly ledgerRetries = this.counter(
    'agent_runtime_ledger_retries_total',
    'Steps of sessions that were decided again, since another process was faster',
  );
  private readonly activeRuns = this.gauge('agent_runtime_active_runs', 'Runs that are written here');
  private readonly readers = this.gauge('agent_runtime_readers', 'Readers that follow a run here');
  private readonly connections = this.gauge('agent_runtime_connections', 'Connections of clients that are open here');

  constructor(version = '') {
    new Gauge({
      name: 'agent_runtime_build_info',
      help: 'Always 1: which version this is, and of which Node',
      labelNames: ['version', 'node_version'],
      registers: [this.registry],
    }).set({ version, node_version: process.version }, 1);
  }

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

  /** Where the values of its one label are known, it counts from 0: a rate sees the first of each. */
  private counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    known: readonly string[] = [],
  ) {
    const counter = new Counter<Label>({ name, help, labelNames, registers: [this.registry] });
    for (const value of known) counter.labels(value).inc(0);
    return counter;
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
/** Of HTTP, where a stream takes as long as an answer is written. */
const REQUESTS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300];
/** Of a store. */
const CALLS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
