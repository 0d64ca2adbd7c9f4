import { ContainerModule } from 'inversify';
import type { Toolbox } from '../../domain/tool.js';
import { CountingStepObserver } from '../metrics/counting-step-observer.js';
import { MeteredRunJournal } from '../metrics/metered-run-journal.js';
import { MeteredRunLeases } from '../metrics/metered-run-leases.js';
import { MeteredRunRepository } from '../metrics/metered-run-repository.js';
import { MeteredSessionRepository } from '../metrics/metered-session-repository.js';
import { TracedRunRepository } from '../tracing/traced-run-repository.js';
import { storeKinds } from './store-kinds.js';
import { tokens } from './tokens.js';

export const persistenceModule = new ContainerModule(({ bind }) => {
  bind(tokens.store)
    .toResolvedValue(
      ({ storeScheme, settings, leaseMilliseconds, toolbox }, clock, log, metrics) => {
        const kind = storeKinds[storeScheme];
        if (kind === undefined) throw new Error(`There is no store ${storeScheme}:`);
        const observer = new CountingStepObserver(metrics, toolNames(toolbox));
        return kind.open(settings, { clock, log, leaseMilliseconds, observer });
      },
      [tokens.config, tokens.clock, tokens.log, tokens.metrics],
    )
    .inSingletonScope();
  bind(tokens.sessions)
    .toResolvedValue(
      ({ sessions }, metrics) => new MeteredSessionRepository(sessions, metrics),
      [tokens.store, tokens.metrics],
    )
    .inSingletonScope();
  bind(tokens.runs)
    .toResolvedValue(
      ({ runs }, metrics, clock, { tracing }) => {
        const metered = new MeteredRunRepository(runs, metrics, clock);
        return tracing ? new TracedRunRepository(metered) : metered;
      },
      [tokens.store, tokens.metrics, tokens.clock, tokens.config],
    )
    .inSingletonScope();
  bind(tokens.journal)
    .toResolvedValue(({ journal }, metrics) => new MeteredRunJournal(journal, metrics), [tokens.store, tokens.metrics])
    .inSingletonScope();
  bind(tokens.leases)
    .toResolvedValue(({ leases }, metrics) => new MeteredRunLeases(leases, metrics), [tokens.store, tokens.metrics])
    .inSingletonScope();
  bind(tokens.audience)
    .toResolvedValue(({ audience }) => audience, [tokens.store])
    .inSingletonScope();
});

function toolNames({ tools }: Toolbox): readonly string[] {
  return tools.map(({ name }) => name);
}
