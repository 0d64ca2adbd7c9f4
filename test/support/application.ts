import { memoryStore } from '../../src/adapters/outbound/persistence/memory/memory-store.js';
import type { Store } from '../../src/adapters/outbound/persistence/store.js';
import { ActiveRuns } from '../../src/application/active-runs.js';
import { EndRun } from '../../src/application/end-run.js';
import { GenerateReply } from '../../src/application/generate-reply.js';
import type { LlmGateway } from '../../src/application/ports/llm-gateway.js';
import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import type { TokenCounter } from '../../src/application/ports/token-counter.js';
import { Preparation } from '../../src/application/preparation.js';
import type { PromptBudget } from '../../src/application/prompt-budget.js';
import { RunReaders } from '../../src/application/run-readers.js';
import { RunReplay } from '../../src/application/run-replay.js';
import { CancelRun } from '../../src/application/use-cases/cancel-run.js';
import { CancelSession } from '../../src/application/use-cases/cancel-session.js';
import { DeleteSession } from '../../src/application/use-cases/delete-session.js';
import { JoinSession } from '../../src/application/use-cases/join-session.js';
import { RepeatMessage } from '../../src/application/use-cases/repeat-message.js';
import { ResumeStream } from '../../src/application/use-cases/resume-stream.js';
import {
  SendMessage,
  type SendMessageDefaults,
  type SendMessageInput,
  type SentMessage,
} from '../../src/application/use-cases/send-message.js';
import { SettleCalls } from '../../src/application/use-cases/settle-calls.js';
import { Agents } from '../../src/domain/agents.js';
import type { RunRequest } from '../../src/domain/run.js';
import type { Tool } from '../../src/domain/tool.js';
import { ANYBODY, anAgent } from './builders.js';
import { FixedClock } from './fixed-clock.js';
import { MemoryLogger } from './memory-logger.js';
import { NotingObserver } from './noting-observer.js';
import { aBudget } from './prompt-budgets.js';
import { SequentialIds } from './sequential-ids.js';

export interface ApplicationOptions {
  readonly gateway: LlmGateway;
  readonly maxRuns?: number;
  readonly isOverloaded?: () => boolean;
  readonly defaults?: Partial<SendMessageDefaults>;
  /** What the agent's model may ask for. */
  readonly tools?: readonly Tool[];
  readonly maxSteps?: number;
  readonly contextTokens?: number;
  readonly counter?: TokenCounter;
  /** What the ids of its runs begin with. */
  readonly runName?: string;
  readonly store?: (store: Store) => Store;
  readonly preparation?: (sessions: SessionRepository, budget: PromptBudget) => Preparation;
}

export type Application = Awaited<ReturnType<typeof anApplication>>;

/** The use cases built by hand over a memory store: no container, no HTTP. */
export async function anApplication({
  gateway,
  maxRuns = 100,
  isOverloaded = () => false,
  defaults,
  tools = [],
  maxSteps = 25,
  contextTokens,
  counter,
  runName = 'run',
  store: wrap = (store) => store,
  preparation = (sessions, budget) => new Preparation(sessions, budget),
}: ApplicationOptions) {
  const clock = new FixedClock();
  const log = new MemoryLogger();
  const ids = new SequentialIds(runName);
  const store = wrap(await memoryStore.open({}, { clock, log, leaseMilliseconds: 15_000 }));
  const { sessions, runs, journal, leases, audience, outlivesProcess } = store;
  const endRun = new EndRun({ runs, journal, clock, log });
  const observer = new NotingObserver();
  const agents = new Agents([anAgent({ tools: tools.map(({ name }) => name), maxSteps, contextTokens })]);
  const budget = aBudget(agents, {}, counter);
  const generateReply = new GenerateReply(
    {
      preparation: preparation(sessions, budget),
      runs,
      journal,
      gateway,
      observer,
      log,
      toolUse: { clock, ids, toolbox: { tools, servers: [], callTimeouts: CALL_TIMEOUTS }, servers: NO_SERVERS },
    },
    endRun,
    agents,
  );
  const activeRuns = new ActiveRuns(
    { generateReply, endRun, runs, leases, observer, log },
    { maxRuns, isOverloaded, outlivesProcess },
  );
  const readers = new RunReaders({ journal, runs, audience, clock, log });
  const resumeStream = new ResumeStream(runs, journal, readers, observer);
  const replay = new RunReplay(sessions, readers, resumeStream, agents);
  const usual = {
    onBusy: 'reject',
    onDisconnect: 'continue',
    queueLimit: 8,
    maxSessionBytes: 64 * 1024 * 1024,
    ...defaults,
  } as const;
  const sendMessage = new SendMessage({ sessions, clock, ids, log, budget }, activeRuns, replay, usual);
  return {
    clock,
    log,
    store,
    activeRuns,
    readers,
    observer,
    resumeStream,
    sendMessage,
    repeatMessage: new RepeatMessage(runs, resumeStream),
    joinSession: new JoinSession(sessions, runs, resumeStream),
    settleCalls: new SettleCalls({ sessions, clock, ids, log }, activeRuns, replay, {
      onDisconnect: 'continue',
      clientMilliseconds: CALL_TIMEOUTS.client * 1000,
    }),
    cancelSession: new CancelSession(sessions, activeRuns, clock),
    cancelRun: new CancelRun(runs, clock),
    deleteSession: new DeleteSession(sessions, clock),
    send: (content: string, fields?: MessageFields): Promise<SentMessage> =>
      sendMessage.execute(aMessage(content, fields)),
  };
}

const CALL_TIMEOUTS = { client: 600, approval: 600, server: 60 };
const NO_SERVERS = {
  offered: () => [],
  call: async () => ({ status: 'error', content: 'There is no server.' }) as const,
  close: async () => {},
};

export interface MessageFields extends Partial<Omit<RunRequest, 'content'>> {
  readonly sessionId?: string;
  readonly idempotencyKey?: string;
}

export function aMessage(content: string, fields: MessageFields = {}): SendMessageInput {
  const { sessionId = 'session1', idempotencyKey, onBusy, onDisconnect, ...rest } = fields;
  const request = { content, onBusy, onDisconnect, ...rest };
  return { requestId: 'request1', sessionId, by: ANYBODY, request, idempotencyKey };
}
