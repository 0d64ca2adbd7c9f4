import { ContainerModule } from 'inversify';
import { SettleCalls } from '../../application/use-cases/settle-calls.js';
import type { RunBirth } from '../../domain/run.js';
import { checkTools } from '../../domain/unfit-tools.js';
import { tokens } from './tokens.js';

/** What models may ask for, and how that is settled. */
export const toolsModule = new ContainerModule(({ bind }) => {
  const { config, sessions, clock, ids, log } = tokens;
  bind(tokens.toolUse).toResolvedValue(
    (clock, ids, { toolbox }) => ({ clock, ids, toolbox }),
    [clock, tokens.ids, config],
  );
  bind(tokens.settleCalls)
    .toResolvedValue(
      (sessions, clock, ids, log, activeRuns, replay, { onDisconnect, agents, toolbox }) => {
        const check = (birth: RunBirth) => checkTools(birth, agents, toolbox);
        const defaults = { onDisconnect, check, clientMilliseconds: toolbox.callTimeouts.client * 1000 };
        return new SettleCalls({ sessions, clock, ids, log }, activeRuns, replay, defaults);
      },
      [sessions, clock, ids, log, tokens.activeRuns, tokens.replay, config],
    )
    .inSingletonScope();
});
