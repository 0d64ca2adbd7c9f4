import { ContainerModule } from 'inversify';
import { ActiveRuns } from '../../application/active-runs.js';
import { EndRun } from '../../application/end-run.js';
import { GenerateReply } from '../../application/generate-reply.js';
import { Patrol } from '../../application/patrol.js';
import { Preparation } from '../../application/preparation.js';
import { TracedReplies } from '../tracing/traced-replies.js';
import { tokens } from './tokens.js';

/** What writes runs, to their ending, and takes up those that nobody writes. */
export const writingModule = new ContainerModule(({ bind }) => {
  const { config, store, sessions, runs, journal, leases, gateway, clock, log } = tokens;
  bind(tokens.endRun)
    .toResolvedValue(
      (runs, journal, clock, log) => new EndRun({ runs, journal, clock, log }),
      [runs, journal, clock, log],
    )
    .inSingletonScope();
  bind(tokens.generateReply)
    .toResolvedValue(
      (sessions, runs, journal, gateway, observer, log, toolUse, endRun, { agents }, budget) =>
        new GenerateReply(
          { preparation: new Preparation(sessions, budget), runs, journal, gateway, observer, log, toolUse },
          endRun,
          agents,
        ),
      [sessions, runs, journal, gateway, tokens.observer, log, tokens.toolUse, tokens.endRun, config, tokens.budget],
    )
    .inSingletonScope();
  bind(tokens.activeRuns)
    .toResolvedValue(
      (replies, endRun, runs, leases, observer, log, { agents, maxRuns, tracing }, { outlivesProcess }, loopDelay) =>
        new ActiveRuns(
          {
            generateReply: tracing ? new TracedReplies(replies, agents) : replies,
            endRun,
            runs,
            leases,
            observer,
            log,
          },
          { maxRuns, isOverloaded: () => loopDelay.isOverLimit, outlivesProcess },
        ),
      [tokens.generateReply, tokens.endRun, runs, leases, tokens.observer, log, config, store, tokens.loopDelay],
    )
    .inSingletonScope();
  bind(tokens.patrol)
    .toResolvedValue(
      (activeRuns, readers, { leaseMilliseconds }, log) => new Patrol(activeRuns, readers, leaseMilliseconds, log),
      [tokens.activeRuns, tokens.readers, config, log],
    )
    .inSingletonScope();
});
