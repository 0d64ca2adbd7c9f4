import { ContainerModule } from 'inversify';
import { agUiDoor } from '../../adapters/inbound/http/ag-ui/ag-ui.routes.js';
import { aiSdkDoor } from '../../adapters/inbound/http/ai-sdk/chat.routes.js';
import type { Door } from '../../adapters/inbound/http/door/door.js';
import { jsonBody } from '../../adapters/inbound/http/json-body.js';
import { chatRoutes } from '../../adapters/inbound/http/openai/chat.routes.js';
import { openAiModelRoutes } from '../../adapters/inbound/http/openai/openai-models.routes.js';
import { responseRoutes } from '../../adapters/inbound/http/openai-responses/responses.routes.js';
import { tokens } from './tokens.js';

/** The doors, one line each. */
const DOORS: readonly Door[] = [chatRoutes, openAiModelRoutes, responseRoutes, aiSdkDoor, agUiDoor];

export const doorsModule = new ContainerModule(({ bind }) => {
  const { config, messageLimit, ids, clock, sendMessage, settleCalls, getSession, getHistory, getRun } = tokens;
  const { resumeStream, readTurn, replay, branchSession, cancelRun, forgetRun, listAgents, listModels } = tokens;
  bind(tokens.doorEndpoints).toResolvedValue(
    ({ agents, modes, bodyLimit }, { rateLimit }, ids, clock, sendMessage, settleCalls, ...rest) => {
      const [getSession, getHistory, getRun, resumeStream, readTurn, replay, ...others] = rest;
      const [branchSession, cancelRun, forgetRun, listAgents, listModels] = others;
      const reading = { getSession, getHistory, getRun, resumeStream, readTurn, replay };
      const writing = { sendMessage, settleCalls, branchSession, cancelRun, forgetRun };
      const choosing = { listAgents, listModels, choices: { agents, modes } };
      const useCases = { ids, clock, rateLimit, ...reading, ...writing, ...choosing };
      return DOORS.flatMap((door) => door(useCases, jsonBody(bodyLimit)));
    },
    [
      config,
      messageLimit,
      ids,
      clock,
      sendMessage,
      settleCalls,
      getSession,
      getHistory,
      getRun,
      resumeStream,
      readTurn,
      replay,
      branchSession,
      cancelRun,
      forgetRun,
      listAgents,
      listModels,
    ],
  );
});
