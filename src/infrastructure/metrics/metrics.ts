import { CALLS, PEOPLE, REQUESTS, WAITS } from './buckets.js';
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
import { NamedMetrics } from './named-metrics.js';

/** What is counted anyway, read when somebody asks for the metrics. */
export interface Levels {
  readonly activeRuns: number;
  readonly readers: number;
  readonly connections: number;
}

/** Every metric of the service. No label holds an id, or anything that a client or a provider has written, but for a
 *  few short words that end answers. */
export class Metrics {
  private readonly all = new NamedMetrics();
  private levels: (() => Levels) | undefined;

  readonly messages = this.all.counter(
    'agent_runtime_messages_total',
    'Messages that were sent: running, queued or replayed, or the code of the refusal',
    ['outcome'],
    MESSAGE_OUTCOMES,
  );
  readonly queueWait = this.all.histogram(
    'agent_runtime_queue_wait_seconds',
    'From the acceptance of a message until the model is asked',
    WAITS,
  );
  readonly runsEnded = this.all.counter(
    'agent_runtime_runs_ended_total',
    'Runs that were ended here',
    ['finish_reason'],
    FINISH_REASONS,
  );
  readonly runFailures = this.all.counter(
    'agent_runtime_run_failures_total',
    'Those of them that ended with an error',
    ['code'],
    RUN_FAILURE_CODES,
  );
  readonly runDuration = this.all.histogram(
    'agent_runtime_run_duration_seconds',
    'From the acceptance of a message until the end of its run',
    WAITS,
  );
  readonly takeovers = this.all.counter(
    'agent_runtime_takeovers_total',
    'Runs taken up here whose writer was gone: answered_again, or ended as they stood',
    ['outcome'],
    TAKEOVER_OUTCOMES,
  );
  readonly leasesLost = this.all.counter(
    'agent_runtime_leases_lost_total',
    'Runs that another process took from this one',
  );
  readonly upstreamAttempts = this.all.counter(
    'agent_runtime_upstream_attempts_total',
    'Calls of the model: ok, stopped by this side, or the code of the failure',
    ['outcome'],
    ATTEMPT_OUTCOMES,
  );
  readonly providerAttempts = this.all.counter(
    'agent_runtime_provider_attempts_total',
    'The same, by the mode of the model that was called',
    ['provider', 'outcome'],
  );
  readonly failovers = this.all.counter(
    'agent_runtime_failovers_total',
    'Models that failed before their first token, where the next of the fallbacks was asked: by the code of the failure',
    ['code'],
    FAILOVER_CODES,
  );
  readonly toolCalls = this.all.counter(
    'agent_runtime_tool_calls_total',
    'Calls of tools that are settled, by what became of them; other beyond the first 20 tools that no agent of the file has',
    ['tool', 'status'],
  );
  readonly toolCallWait = this.all.histogram(
    'agent_runtime_tool_call_wait_seconds',
    'From the end of the run that asked for a call until a client, a person or its time has settled it',
    PEOPLE,
    ['status'],
  );
  readonly servedCalls = this.all.histogram(
    'agent_runtime_served_call_seconds',
    'Calls that a server of tools has run, until its result: ok, error, or stopped by this side',
    REQUESTS,
    ['server', 'outcome'],
  );
  readonly awayToolServers = this.all.counter(
    'agent_runtime_tool_servers_away_total',
    'How often a server of tools was found to be away',
    ['server'],
  );
  readonly unknownFinishReasons = this.all.counter(
    'agent_runtime_unknown_finish_reasons_total',
    'Answers that ended with a reason of the upstream that nobody knows, and count as stop; other beyond the first 20 reasons',
    ['reason'],
  );
  readonly firstToken = this.all.histogram(
    'agent_runtime_time_to_first_token_seconds',
    'From a call of the model until its first text',
    WAITS,
  );
  readonly tokens = this.all.counter('agent_runtime_tokens_total', 'Pieces of text that came from the model');
  readonly upstreamTokens = this.all.counter(
    'agent_runtime_upstream_tokens_total',
    'Tokens as the upstream counts them, where it does: input or output',
    ['direction'],
    DIRECTIONS,
  );
  readonly journalLag = this.all.histogram(
    'agent_runtime_journal_lag_seconds',
    'From the arrival of text until it is journalled and the model is read on; one batch of 16 is timed',
    CALLS,
  );
  readonly unjournalledRuns = this.all.gauge(
    'agent_runtime_unjournalled_runs',
    'Runs with text that has arrived and is not journalled yet',
  );
  readonly resumes = this.all.counter(
    'agent_runtime_resumes_total',
    'Readers that came to a run after its start, or came back',
  );
  readonly replayedFrames = this.all.counter(
    'agent_runtime_replayed_frames_total',
    'Events that were journalled before these readers came',
  );
  readonly storeCalls = this.all.histogram(
    'agent_runtime_store_call_seconds',
    'Calls of the store, whatever came of them; for append see the lag of the journal',
    CALLS,
    ['operation'],
  );
  readonly storeFailures = this.all.counter(
    'agent_runtime_store_calls_failed_total',
    'Calls of the store that found it away',
    ['operation'],
    STORE_OPERATIONS,
  );
  readonly httpRequests = this.all.counter(
    'agent_runtime_http_requests_total',
    'Requests that are over; 499 where the client left before it was answered',
    ['method', 'route', 'status'],
  );
  readonly httpDuration = this.all.histogram(
    'agent_runtime_http_request_duration_seconds',
    'From the head of a request until its answer is with its client',
    REQUESTS,
    ['method', 'route', 'status'],
  );
  readonly ledgerRetries = this.all.counter(
    'agent_runtime_ledger_retries_total',
    'Steps of sessions that were decided again, since another process was faster',
  );

  constructor(version = '') {
    const level = (name: string, help: string, read: (levels: Levels) => number) =>
      this.all.level(name, help, () => (this.levels === undefined ? 0 : read(this.levels())));
    level('agent_runtime_active_runs', 'Runs that are written here', ({ activeRuns }) => activeRuns);
    level('agent_runtime_readers', 'Readers that follow a run here', ({ readers }) => readers);
    level('agent_runtime_connections', 'Connections of clients that are open here', ({ connections }) => connections);
    this.all
      .gauge('agent_runtime_build_info', 'Always 1: which version this is, and of which Node', [
        'version',
        'node_version',
      ])
      .set({ version, node_version: process.version }, 1);
  }

  /** Adds what Node knows of the process: memory, CPU, garbage, the delay of the event loop. It is measured from now
   *  on. */
  watchProcess(): void {
    this.all.watchProcess();
  }

  /** Where levels are read when somebody asks for them. */
  watch(levels: () => Levels): void {
    this.levels = levels;
  }

  /** The workers of this service are told together, by their first process. */
  shareWithWorkers(): void {
    this.all.shareWithWorkers();
  }

  /** All of them in Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    return this.all.render();
  }
}
