import { ContainerModule } from 'inversify';
import { fetchThrough } from '../../adapters/outbound/llm/openai-wire/fetch-through.js';
import type { Logger } from '../../application/ports/logger.js';
import type { ToolServers } from '../../application/ports/tool-servers.js';
import { ListAgents } from '../../application/use-cases/list-agents.js';
import { SettleCalls } from '../../application/use-cases/settle-calls.js';
import type { RunBirth } from '../../domain/run.js';
import { checkTools } from '../../domain/unfit-tools.js';
import { type Config, withEnvironment } from '../config/config.js';
import { proxyForOf } from '../config/proxies.js';
import { MeteredToolServers } from '../metrics/metered-tool-servers.js';
import type { Metrics } from '../metrics/metrics.js';
import { TracedToolServers } from '../tracing/traced-tool-servers.js';
import { tokens } from './tokens.js';

/** The SDK is loaded only for those who name servers. */
async function toolServers(config: Config, metrics: Metrics, log: Logger): Promise<ToolServers> {
  const { toolbox, version, tracing, proxies } = config;
  if (toolbox.servers.length === 0) return NO_SERVERS;
  const { McpToolServers } = await import('../../adapters/outbound/tools/mcp/mcp-tool-servers.js');
  const watch = {
    away: (server: string, reason: string) => {
      metrics.awayToolServers.inc({ server });
      log.warn('a server of tools is away, its tools are left out', { server, reason });
    },
    back: (server: string, tools: number) => log.info('a server of tools is back', { server, tools }),
  };
  const proxyFor = proxyForOf(proxies, withEnvironment);
  const fetchFor = (url: string) => fetchThrough(url, proxyFor);
  const servers = await McpToolServers.open(toolbox.servers, version, watch, fetchFor);
  const metered = new MeteredToolServers(servers, metrics);
  return tracing ? new TracedToolServers(metered) : metered;
}

const NO_SERVERS: ToolServers = {
  offered: () => [],
  call: async () => ({ status: 'error', content: 'There is no server of tools.' }),
  close: async () => {},
};

/** What models may ask for, and how that is settled. */
export const toolsModule = new ContainerModule(({ bind }) => {
  const { config, sessions, clock, ids, log } = tokens;
  bind(tokens.toolUse).toResolvedValue(
    (clock, ids, servers, { toolbox }) => ({ clock, ids, servers, toolbox }),
    [clock, tokens.ids, tokens.toolServers, config],
  );
  bind(tokens.toolServers).toResolvedValue(toolServers, [config, tokens.metrics, log]).inSingletonScope();
  bind(tokens.listAgents).toResolvedValue(
    ({ agents, toolbox }, servers) => new ListAgents(agents, toolbox, servers),
    [config, tokens.toolServers],
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
