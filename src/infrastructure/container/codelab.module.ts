import { ContainerModule } from 'inversify';
import { codelabAgentRoutes } from '../../adapters/inbound/http/codelab/codelab-agents.routes.js';
import { codelabSessionRoutes } from '../../adapters/inbound/http/codelab/codelab-sessions.routes.js';
import { jsonBody } from '../../adapters/inbound/http/json-body.js';
import { tokens } from './tokens.js';

/** The further routes of Codelab's gateway. */
export const codelabModule = new ContainerModule(({ bind }) => {
  const { config, ids, listSessions, getHistory, listAgents, getSession, getRun } = tokens;
  bind(tokens.codelabEndpoints).toResolvedValue(
    (ids, listSessions, getHistory, listAgents, getSession, getRun, { agents, bodyLimit }) => [
      ...codelabSessionRoutes({ ids, listSessions, getHistory, agents }, jsonBody(bodyLimit)),
      ...codelabAgentRoutes({ listAgents, getSession, getRun }),
    ],
    [ids, listSessions, getHistory, listAgents, getSession, getRun, config],
  );
});
