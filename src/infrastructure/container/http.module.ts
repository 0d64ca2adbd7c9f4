import { ContainerModule } from 'inversify';
import { AccessLog } from '../../adapters/inbound/http/access-log.js';
import { ConnectionLimit } from '../../adapters/inbound/http/connection-limit.js';
import type { Endpoint } from '../../adapters/inbound/http/endpoint.js';
import { createExpressApp } from '../../adapters/inbound/http/express-app.js';
import { RunEventFrames } from '../../adapters/inbound/http/native/run-event-frames.js';
import { openApiRoutes } from '../../adapters/inbound/http/operations/openapi.routes.js';
import { rateLimit } from '../../adapters/inbound/http/rate-limit.js';
import { MeteredRequests } from '../metrics/metered-requests.js';
import { tokens } from './tokens.js';

/** The application that serves the endpoints, and describes them. */
export const httpModule = new ContainerModule(({ bind }) => {
  bind(tokens.connections)
    .toResolvedValue(({ maxConnections }) => new ConnectionLimit(maxConnections), [tokens.config])
    .inSingletonScope();
  bind(tokens.messageLimit)
    .toResolvedValue(({ rateLimitPerMinute }) => ({ rateLimit: rateLimit(rateLimitPerMinute) }), [tokens.config])
    .inSingletonScope();
  bind(tokens.frames)
    .toResolvedValue(() => new RunEventFrames(), [])
    .inSingletonScope();
  bind(tokens.requests)
    .toResolvedValue((log, metrics) => new MeteredRequests(new AccessLog(log), metrics), [tokens.log, tokens.metrics])
    .inSingletonScope();
  bind(tokens.app)
    .toResolvedValue(
      ({ internalKeys, version }, connections, ids, requests, log, ...groups) => {
        const endpoints: Endpoint[] = groups.flat();
        endpoints.push(...openApiRoutes(endpoints, version));
        requests.expect(endpoints);
        return createExpressApp({ endpoints, internalKeys, connections, ids, requests, log });
      },
      [
        tokens.config,
        tokens.connections,
        tokens.ids,
        tokens.requests,
        tokens.log,
        tokens.messageEndpoints,
        tokens.callEndpoints,
        tokens.runEndpoints,
        tokens.sessionEndpoints,
        tokens.transferEndpoints,
        tokens.modelEndpoints,
        tokens.doorEndpoints,
        tokens.codelabEndpoints,
        tokens.operationEndpoints,
      ],
    )
    .inSingletonScope();
});
