import { ContainerModule } from 'inversify';
import { BranchSession } from '../../application/use-cases/branch-session.js';
import { CancelRun } from '../../application/use-cases/cancel-run.js';
import { CancelSession } from '../../application/use-cases/cancel-session.js';
import { DeleteSession } from '../../application/use-cases/delete-session.js';
import { ExportSession } from '../../application/use-cases/export-session.js';
import { ForgetRun } from '../../application/use-cases/forget-run.js';
import { GetHistory } from '../../application/use-cases/get-history.js';
import { GetRun } from '../../application/use-cases/get-run.js';
import { GetSession } from '../../application/use-cases/get-session.js';
import { ImportSession } from '../../application/use-cases/import-session.js';
import { JoinSession } from '../../application/use-cases/join-session.js';
import { LabelSession } from '../../application/use-cases/label-session.js';
import { ListModels } from '../../application/use-cases/list-models.js';
import { ListSessions } from '../../application/use-cases/list-sessions.js';
import { ReadTurn } from '../../application/use-cases/read-turn.js';
import { tokens } from './tokens.js';

/** The use cases that look at what is there, or end it. */
export const useCasesModule = new ContainerModule(({ bind }) => {
  const { sessions, runs, gateway, clock } = tokens;
  bind(tokens.branchSession).toResolvedValue(
    (sessions, ids, clock) => new BranchSession(sessions, ids, clock),
    [sessions, tokens.ids, clock],
  );
  bind(tokens.cancelRun).toResolvedValue((runs, clock) => new CancelRun(runs, clock), [runs, clock]);
  bind(tokens.cancelSession).toResolvedValue(
    (sessions, activeRuns, clock) => new CancelSession(sessions, activeRuns, clock),
    [sessions, tokens.activeRuns, clock],
  );
  bind(tokens.forgetRun).toResolvedValue(
    (runs, getHistory, deleteSession) => new ForgetRun(runs, getHistory, deleteSession),
    [runs, tokens.getHistory, tokens.deleteSession],
  );
  bind(tokens.getRun).toResolvedValue((runs, sessions) => new GetRun(runs, sessions), [runs, sessions]);
  bind(tokens.getSession).toResolvedValue((sessions) => new GetSession(sessions), [sessions]);
  bind(tokens.exportSession).toResolvedValue(
    (sessions, places) => new ExportSession(sessions, places),
    [sessions, tokens.readingPlaces],
  );
  bind(tokens.importSession).toResolvedValue((sessions) => new ImportSession(sessions), [sessions]);
  bind(tokens.labelSession).toResolvedValue((sessions) => new LabelSession(sessions), [sessions]);
  bind(tokens.getHistory).toResolvedValue(
    (sessions, places) => new GetHistory(sessions, places),
    [sessions, tokens.readingPlaces],
  );
  bind(tokens.joinSession).toResolvedValue(
    (sessions, runs, resume) => new JoinSession(sessions, runs, resume),
    [sessions, runs, tokens.resumeStream],
  );
  bind(tokens.readTurn).toResolvedValue(
    (sessions, runs, replay) => new ReadTurn(sessions, runs, replay),
    [sessions, runs, tokens.replay],
  );
  bind(tokens.listSessions).toResolvedValue((sessions, clock) => new ListSessions(sessions, clock), [sessions, clock]);
  bind(tokens.deleteSession).toResolvedValue(
    (sessions, clock) => new DeleteSession(sessions, clock),
    [sessions, clock],
  );
  bind(tokens.listModels).toResolvedValue((gateway) => new ListModels(gateway), [gateway]);
});
