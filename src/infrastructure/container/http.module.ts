import { ContainerModule } from 'inversify';
import { ConnectionLimit } from '../../adapters/inbound/http/connection-limit.js';
import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import { createExpressApp } from '../../adapters/inbound/http/express-app.js';
import { openApiRoutes } from '../../adapters/inbound/http/operations/openapi.routes.js';
import { tokens } from './tokens.js';

/** The application that serves the endpoints, and describes them. */
export const httpModule = new ContainerModule(({ bind }) => {
  bind(tokens.connections)
    .toResolvedValue(({ maxConnections }) => new ConnectionLimit(maxConnections), [tokens.config])
    .inSingletonScope();
  bind(tokens.app)
    .toResolvedValue(
      ({ internalKeys, version }, connections, ids, log, ...groups) => {
        const endpoints: Endpoint[] = groups.flat();
        endpoints.push(...openApiRoutes(endpoints, version));
        return createExpressApp({ endpoints, internalKeys, connections, ids, log });
      },
      [
        tokens.config,
        tokens.connections,
        tokens.ids,
        tokens.log,
        tokens.messageEndpoints,
        tokens.runEndpoints,
        tokens.sessionEndpoints,
        tokens.modelEndpoints,
        tokens.operationEndpoints,
      ],
    )
    .inSingletonScope();
});
