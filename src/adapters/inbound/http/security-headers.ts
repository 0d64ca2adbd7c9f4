import helmet from 'helmet';

/** With an answer of the API: nothing may be loaded by it, and nobody may show it in a frame. Helmet's other headers
 *  are for pages, and each one is written with every answer and kept with every open stream. */
export const securityOfAnswers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: { action: 'deny' },
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** With what a browser shows. This service speaks plain HTTP behind a gateway: whether it is reached by TLS is the
 *  gateway's to say. */
export const securityOfPages = helmet({
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});
