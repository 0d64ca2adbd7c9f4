export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface AgentRuntimeOptions {
  /** Where the service is. In a page, a path counts from the page's own address. */
  readonly baseUrl: string | URL;
  /** The internal key. Left out where a gateway adds it. */
  readonly key?: string | undefined;
  /** Whom a gateway has authenticated. */
  readonly userId?: string | undefined;
  /** In place of the platform's own. */
  readonly fetch?: Fetch | undefined;
  /** More headers for every request. */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}
