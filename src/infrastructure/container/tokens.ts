import type { Express } from 'express';
import type { ServiceIdentifier } from 'inversify';
import type { ConnectionLimit } from '../../adapters/inbound/http/connection-limit.js';
import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import type { RunEventFrames } from '../../adapters/inbound/http/native/run-event-frames.js';
import type { RateLimit } from '../../adapters/inbound/http/rate-limit.js';
import type { Store } from '../../adapters/outbound/persistence/store.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import type { EndRun } from '../../application/end-run.js';
import type { GenerateReply } from '../../application/generate-reply.js';
import type { Patrol } from '../../application/patrol.js';
import type { Clock } from '../../application/ports/clock.js';
import type { IdGenerator } from '../../application/ports/id-generator.js';
import type { LlmGateway } from '../../application/ports/llm-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import type { RunAudience } from '../../application/ports/run-audience.js';
import type { RunJournal } from '../../application/ports/run-journal.js';
import type { RunLeases } from '../../application/ports/run-leases.js';
import type { RunObserver } from '../../application/ports/run-observer.js';
import type { RunRepository } from '../../application/ports/run-repository.js';
import type { SessionRepository } from '../../application/ports/session-repository.js';
import type { TokenCounter } from '../../application/ports/token-counter.js';
import type { ToolServers } from '../../application/ports/tool-servers.js';
import type { PromptBudget } from '../../application/prompt-budget.js';
import type { ReadingPlaces } from '../../application/reading-places.js';
import type { RunReaders } from '../../application/run-readers.js';
import type { RunReplay } from '../../application/run-replay.js';
import type { ToolUseParts } from '../../application/tool-use.js';
import type { BranchSession } from '../../application/use-cases/branch-session.js';
import type { CancelRun } from '../../application/use-cases/cancel-run.js';
import type { CancelSession } from '../../application/use-cases/cancel-session.js';
import type { DeleteSession } from '../../application/use-cases/delete-session.js';
import type { ExportSession } from '../../application/use-cases/export-session.js';
import type { ForgetRun } from '../../application/use-cases/forget-run.js';
import type { GetHistory } from '../../application/use-cases/get-history.js';
import type { GetRun } from '../../application/use-cases/get-run.js';
import type { GetSession } from '../../application/use-cases/get-session.js';
import type { ImportSession } from '../../application/use-cases/import-session.js';
import type { JoinSession } from '../../application/use-cases/join-session.js';
import type { LabelSession } from '../../application/use-cases/label-session.js';
import type { ListAgents } from '../../application/use-cases/list-agents.js';
import type { ListModels } from '../../application/use-cases/list-models.js';
import type { ListSessions } from '../../application/use-cases/list-sessions.js';
import type { ReadTurn } from '../../application/use-cases/read-turn.js';
import type { RepeatMessage } from '../../application/use-cases/repeat-message.js';
import type { ResumeStream } from '../../application/use-cases/resume-stream.js';
import type { SendMessage } from '../../application/use-cases/send-message.js';
import type { SettleCalls } from '../../application/use-cases/settle-calls.js';
import type { Config } from '../config/config.js';
import type { MeteredRequests } from '../metrics/metered-requests.js';
import type { Metrics } from '../metrics/metrics.js';
import type { EventLoopDelay } from '../system/event-loop-delay.js';

/** The gateway of a mode. */
export type UpstreamOf = (mode: string) => LlmGateway;

/** The one place that says which type a name stands for; from here on the compiler checks every binding. */
function token<Type>(name: string): ServiceIdentifier<Type> {
  return Symbol.for(name) as ServiceIdentifier<Type>;
}

export const tokens = {
  config: token<Config>('Config'),
  clock: token<Clock>('Clock'),
  ids: token<IdGenerator>('IdGenerator'),
  requests: token<MeteredRequests>('MeteredRequests'),
  log: token<Logger>('Logger'),
  metrics: token<Metrics>('Metrics'),
  loopDelay: token<EventLoopDelay>('EventLoopDelay'),
  connections: token<ConnectionLimit>('ConnectionLimit'),
  observer: token<RunObserver>('RunObserver'),
  store: token<Store>('Store'),
  sessions: token<SessionRepository>('SessionRepository'),
  runs: token<RunRepository>('RunRepository'),
  journal: token<RunJournal>('RunJournal'),
  leases: token<RunLeases>('RunLeases'),
  audience: token<RunAudience>('RunAudience'),
  /** As its provider makes it, without what is put around it. */
  upstreamOf: token<UpstreamOf>('UpstreamOf'),
  /** With all that is put around it. */
  gatewayOf: token<UpstreamOf>('GatewayOf'),
  gateway: token<LlmGateway>('LlmGateway'),
  toolServers: token<ToolServers>('ToolServers'),
  toolUse: token<ToolUseParts>('ToolUseParts'),
  generateReply: token<GenerateReply>('GenerateReply'),
  tokenCounter: token<TokenCounter>('TokenCounter'),
  budget: token<PromptBudget>('PromptBudget'),
  endRun: token<EndRun>('EndRun'),
  patrol: token<Patrol>('Patrol'),
  activeRuns: token<ActiveRuns>('ActiveRuns'),
  readers: token<RunReaders>('RunReaders'),
  readingPlaces: token<ReadingPlaces>('ReadingPlaces'),
  sendMessage: token<SendMessage>('SendMessage'),
  settleCalls: token<SettleCalls>('SettleCalls'),
  replay: token<RunReplay>('RunReplay'),
  resumeStream: token<ResumeStream>('ResumeStream'),
  repeatMessage: token<RepeatMessage>('RepeatMessage'),
  readTurn: token<ReadTurn>('ReadTurn'),
  branchSession: token<BranchSession>('BranchSession'),
  cancelRun: token<CancelRun>('CancelRun'),
  forgetRun: token<ForgetRun>('ForgetRun'),
  cancelSession: token<CancelSession>('CancelSession'),
  getRun: token<GetRun>('GetRun'),
  getSession: token<GetSession>('GetSession'),
  exportSession: token<ExportSession>('ExportSession'),
  importSession: token<ImportSession>('ImportSession'),
  labelSession: token<LabelSession>('LabelSession'),
  getHistory: token<GetHistory>('GetHistory'),
  joinSession: token<JoinSession>('JoinSession'),
  listSessions: token<ListSessions>('ListSessions'),
  deleteSession: token<DeleteSession>('DeleteSession'),
  listAgents: token<ListAgents>('ListAgents'),
  listModels: token<ListModels>('ListModels'),
  messageLimit: token<{ readonly rateLimit: RateLimit | undefined }>('MessageLimit'),
  frames: token<RunEventFrames>('RunEventFrames'),
  messageEndpoints: token<readonly Endpoint[]>('MessageEndpoints'),
  doorEndpoints: token<readonly Endpoint[]>('DoorEndpoints'),
  codelabEndpoints: token<readonly Endpoint[]>('CodelabEndpoints'),
  callEndpoints: token<readonly Endpoint[]>('CallEndpoints'),
  runEndpoints: token<readonly Endpoint[]>('RunEndpoints'),
  transferEndpoints: token<readonly Endpoint[]>('TransferEndpoints'),
  sessionEndpoints: token<readonly Endpoint[]>('SessionEndpoints'),
  modelEndpoints: token<readonly Endpoint[]>('ModelEndpoints'),
  operationEndpoints: token<readonly Endpoint[]>('OperationEndpoints'),
  app: token<Express>('Express'),
} as const;
