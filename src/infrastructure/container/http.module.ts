import { ContainerModule } from 'inversify';
import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import { createExpressApp } from '../../adapters/inbound/http/express-app.js';
import { openApiRoutes } from '../../adapters/inbound/http/operations/openapi.routes.js';
import { tokens } from './tokens.js';

/** The application that serves the endpoints, and describes them. */
export const httpModule = new ContainerModule(({ bind }) => {
  bind(tokens.app)
    .toResolvedValue(
      ({ internalKeys, version }, ids, log, ...groups) => {
        const endpoints: Endpoint[] = groups.flat();
        endpoints.push(...openApiRoutes(endpoints, version));
        return createExpressApp({ endpoints, internalKeys, ids, log });
      },
      [
        tokens.config,
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
