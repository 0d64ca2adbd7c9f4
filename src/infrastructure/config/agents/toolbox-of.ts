import type { Toolbox } from '../../../domain/tool.js';
import type { AgentsFile } from './agents-schema.js';

const NO_ARGUMENTS = { type: 'object', properties: {} };
const USUAL_SECONDS = { client: 600, approval: 86_400, server: 60 };

/** The tools of a file, with what is usual where it says nothing. */
export function toolboxOf({
  tools = {},
  mcp_servers: servers = {},
  call_timeouts: timeouts = {},
}: AgentsFile): Toolbox {
  return {
    tools: Object.entries(tools).map(([name, { description, parameters = NO_ARGUMENTS, approval = 'never' }]) => ({
      name,
      description,
      parameters,
      approval,
    })),
    servers: Object.entries(servers).map(([name, { url, headers = {}, approval = {} }]) => ({
      name,
      url,
      headers,
      approval: Object.entries(approval).map(([pattern, needed]) => ({ pattern, approval: needed })),
    })),
    callTimeouts: {
      client: timeouts.client_s ?? USUAL_SECONDS.client,
      approval: timeouts.approval_s ?? USUAL_SECONDS.approval,
      server: timeouts.server_s ?? USUAL_SECONDS.server,
    },
  };
}
