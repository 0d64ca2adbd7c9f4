import { ContainerModule } from 'inversify';
import { chatPageRoutes } from '../../adapters/inbound/http/chat-page/chat-page.routes.js';
import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import { jsonBody, unreadJsonBody } from '../../adapters/inbound/http/json-body.js';
import { agentRoutes } from '../../adapters/inbound/http/native/agents.routes.js';
import { callRoutes } from '../../adapters/inbound/http/native/calls.routes.js';
import type { DocumentLimits } from '../../adapters/inbound/http/native/document-reader.js';
import { labelRoutes } from '../../adapters/inbound/http/native/labels.routes.js';
import { messageRoutes } from '../../adapters/inbound/http/native/messages.routes.js';
import { modelRoutes } from '../../adapters/inbound/http/native/models.routes.js';
import { runRoutes } from '../../adapters/inbound/http/native/runs.routes.js';
import { sessionRoutes } from '../../adapters/inbound/http/native/sessions.routes.js';
import { transferRoutes } from '../../adapters/inbound/http/native/transfer.routes.js';
import { oneAtATime } from '../../adapters/inbound/http/one-at-a-time.js';
import { docsRoutes } from '../../adapters/inbound/http/operations/docs.routes.js';
import { healthRoutes } from '../../adapters/inbound/http/operations/health.routes.js';
import { metricsRoutes } from '../../adapters/inbound/http/operations/metrics.routes.js';
import type { Store } from '../../adapters/outbound/persistence/store.js';
import type { ActiveRuns } from '../../application/active-runs.js';
import type { CancelSession } from '../../application/use-cases/cancel-session.js';
import type { GetSession } from '../../application/use-cases/get-session.js';
import type { ListAgents } from '../../application/use-cases/list-agents.js';
import type { ListModels } from '../../application/use-cases/list-models.js';
import { ShuttingDown } from '../../domain/errors.js';
import type { Config } from '../config/config.js';
import { metricsOfAll } from '../metrics/metrics-of-all.js';
import { tokens } from './tokens.js';

/** What a client can choose from. */
function choiceRoutes(listAgents: ListAgents, listModels: ListModels): readonly Endpoint[] {
  return [...agentRoutes(listAgents), ...modelRoutes(listModels)];
}

function callEndpoints(getSession: GetSession, cancelSession: CancelSession, { agents }: Config): readonly Endpoint[] {
  return callRoutes({ getSession, cancelSession, agents });
}

/** Throws why no message is to be sent here. */
async function ready(activeRuns: ActiveRuns, store: Store): Promise<void> {
  if (activeRuns.isDraining) throw new ShuttingDown();
  await store.ready();
}

/** The groups of endpoints, from use cases. */
export const endpointsModule = new ContainerModule(({ bind }) => {
  const { sendMessage, settleCalls, repeatMessage, getRun, frames, messageLimit, config } = tokens;
  bind(tokens.messageEndpoints).toResolvedValue(
    (sendMessage, settleCalls, repeatMessage, getRun, frames, { rateLimit }, { agents, modes, bodyLimit }) => {
      const options = { choices: { agents, modes }, rateLimit };
      return messageRoutes(
        { sendMessage, settleCalls, repeatMessage, getRun, ...options },
        frames,
        jsonBody(bodyLimit),
      );
    },
    [sendMessage, settleCalls, repeatMessage, getRun, frames, messageLimit, config],
  );
  bind(tokens.callEndpoints).toResolvedValue(callEndpoints, [tokens.getSession, tokens.cancelSession, tokens.config]);
  bind(tokens.runEndpoints).toResolvedValue(
    (getRun, resumeStream, cancelRun, frames) => runRoutes({ getRun, resumeStream, cancelRun }, frames),
    [getRun, tokens.resumeStream, tokens.cancelRun, frames],
  );
  bind(tokens.modelEndpoints).toResolvedValue(choiceRoutes, [tokens.listAgents, tokens.listModels]);
  bind(tokens.operationEndpoints).toResolvedValue(
    ({ version, hasChatPage, usesDefaultKey }, activeRuns, store, metrics) => [
      ...healthRoutes(version, () => ready(activeRuns, store)),
      ...metricsRoutes(metricsOfAll(metrics)),
      ...docsRoutes(),
      ...(hasChatPage ? chatPageRoutes({ usesDefaultKey }) : []),
    ],
    [config, tokens.activeRuns, tokens.store, tokens.metrics],
  );
});

/** What the text of a session may become as JSON, twice as large, so that what was exported can be imported again. */
function importLimits(maxSessionBytes: number): DocumentLimits {
  return { listBytes: Math.max(IMPORT_BYTES, maxSessionBytes * 2), otherBytes: IMPORT_BYTES };
}

const IMPORT_BYTES = 64 * 1024 * 1024;

/** The endpoints of sessions. */
export const sessionEndpointsModule = new ContainerModule(({ bind }) => {
  bind(tokens.transferEndpoints).toResolvedValue(
    (exportSession, importSession, { agents, maxSessionBytes }) => {
      const limits = importLimits(maxSessionBytes);
      return transferRoutes({ exportSession, importSession, agents, limits }, [oneAtATime(), unreadJsonBody()]);
    },
    [tokens.exportSession, tokens.importSession, tokens.config],
  );
  bind(tokens.sessionEndpoints).toResolvedValue(
    (listSessions, getSession, deleteSession, getHistory, joinSession, labelSession, frames, { agents, bodyLimit }) => [
      ...sessionRoutes({ listSessions, getSession, deleteSession, getHistory, joinSession, agents }, frames),
      ...labelRoutes({ labelSession, agents }, jsonBody(bodyLimit)),
    ],
    [
      tokens.listSessions,
      tokens.getSession,
      tokens.deleteSession,
      tokens.getHistory,
      tokens.joinSession,
      tokens.labelSession,
      tokens.frames,
      tokens.config,
    ],
  );
});
