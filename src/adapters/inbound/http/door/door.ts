import type { RequestHandler } from 'express';
import type { Clock } from '../../../../application/ports/clock.js';
import type { IdGenerator } from '../../../../application/ports/id-generator.js';
import type { RunReplay } from '../../../../application/run-replay.js';
import type { BranchSession } from '../../../../application/use-cases/branch-session.js';
import type { CancelRun } from '../../../../application/use-cases/cancel-run.js';
import type { ForgetRun } from '../../../../application/use-cases/forget-run.js';
import type { GetHistory } from '../../../../application/use-cases/get-history.js';
import type { GetRun } from '../../../../application/use-cases/get-run.js';
import type { GetSession } from '../../../../application/use-cases/get-session.js';
import type { ListAgents } from '../../../../application/use-cases/list-agents.js';
import type { ListModels } from '../../../../application/use-cases/list-models.js';
import type { ReadTurn } from '../../../../application/use-cases/read-turn.js';
import type { ResumeStream } from '../../../../application/use-cases/resume-stream.js';
import type { SendMessage } from '../../../../application/use-cases/send-message.js';
import type { SettleCalls } from '../../../../application/use-cases/settle-calls.js';
import type { Choices } from '../../../../domain/written-choice.js';
import type { Endpoint } from '../endpoint.js';
import type { RateLimit } from '../rate-limit.js';

/** Another wire over the same runs, for clients that people already have. */
export type Door = (useCases: DoorUseCases, before: readonly RequestHandler[]) => readonly Endpoint[];

export interface DoorUseCases {
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly sendMessage: SendMessage;
  readonly settleCalls: SettleCalls;
  readonly getSession: GetSession;
  readonly getHistory: GetHistory;
  readonly getRun: GetRun;
  readonly resumeStream: ResumeStream;
  readonly readTurn: ReadTurn;
  /** A run from its start, also when its journal is gone. */
  readonly replay: RunReplay;
  readonly branchSession: BranchSession;
  readonly cancelRun: CancelRun;
  readonly forgetRun: ForgetRun;
  readonly listAgents: ListAgents;
  readonly listModels: ListModels;
  /** What a message may choose from. */
  readonly choices: Choices;
  /** Undefined where there is none. */
  readonly rateLimit: RateLimit | undefined;
}
