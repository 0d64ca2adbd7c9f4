import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { ServedResult } from '../../../../application/ports/tool-servers.js';
import type { Fields } from '../../../../domain/fields.js';
import type { ServedTool, ToolServer } from '../../../../domain/tool.js';
import { McpConnection } from './mcp-connection.js';
import { isLostSession, reasonOf, refusalIn } from './mcp-failure.js';
import { failedResult } from './result-text.js';

/** Who wants to know whether servers are there. */
export interface ServerWatch {
  away(server: string, reason: string): void;
  back(server: string, tools: number): void;
}

/** How servers are asked. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** How often a server is looked at, and how long it may take to answer then. */
const LOOK_MILLISECONDS = 5000;
const ANSWER_MILLISECONDS = 4000;

/** A server as it stands: it is looked at again and again, so that one that comes back is soon found, and so are tools
 *  that have changed where nobody said so. */
export class McpServer {
  tools: readonly ServedTool[] = [];
  private connection: McpConnection | undefined;
  private looking: Promise<void> | undefined;
  private isToLookAgain = false;
  private isKnownAway = false;
  private running = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly server: ToolServer,
    private readonly version: string,
    private readonly watch: ServerWatch,
    private readonly fetch: Fetch,
  ) {}

  /** Resolves when it was looked at. Never throws: a server may be away. */
  look(): Promise<void> {
    this.isToLookAgain = this.looking !== undefined;
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
      if (this.isToLookAgain) void this.look();
    });
    return this.looking;
  }

  async call(tool: string, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    this.running += 1;
    try {
      return await this.called(tool, given, signal);
    } catch (error) {
      signal.throwIfAborted();
      const refusal = refusalIn(error);
      if (refusal === undefined) void this.look();
      return failedResult(refusal ?? 'The server failed before the result was there. The call may have been made.');
    } finally {
      this.running -= 1;
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.timer);
    await this.looking;
    clearTimeout(this.timer);
    await this.connection?.close();
  }

  private async called(tool: string, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    const { connection } = this;
    if (connection === undefined) return failedResult(AWAY);
    try {
      return await connection.call(tool, given, signal);
    } catch (error) {
      if (!isLostSession(error)) throw error;
      await this.replaced(connection);
      return (await this.connection?.call(tool, given, signal)) ?? failedResult(AWAY);
    }
  }

  /** Several calls may find the session lost at the same time. */
  private async replaced(lost: McpConnection): Promise<void> {
    while (this.looking !== undefined) await this.looking;
    if (this.connection === lost) await this.look();
  }

  private async lookOnce(): Promise<void> {
    clearTimeout(this.timer);
    try {
      await this.list();
    } catch (error) {
      if (!this.isBusy(error)) await this.lose(error);
    }
    if (!this.closing.signal.aborted) this.timer = setTimeout(() => void this.look(), LOOK_MILLISECONDS).unref();
  }

  /** Where the session is lost, in a new one. */
  private async list(): Promise<void> {
    try {
      await this.listIn(this.connection ?? (await this.connect()));
    } catch (error) {
      if (this.connection === undefined || this.isBusy(error)) throw error;
      await this.drop();
      await this.listIn(await this.connect());
    }
  }

  private async listIn(connection: McpConnection): Promise<void> {
    const tools = await connection.tools(this.limit());
    this.tools = tools.filter(({ name }) => USABLE_NAME.test(name)).map((tool) => this.served(tool));
    if (this.isKnownAway) this.watch.back(this.server.name, this.tools.length);
    this.isKnownAway = false;
  }

  private async connect(): Promise<McpConnection> {
    const changed = () => void this.look();
    this.connection = await McpConnection.open(this.server, this.version, changed, this.fetch, this.limit());
    return this.connection;
  }

  /** It may do one thing at a time, and be at it. */
  private isBusy(error: unknown): boolean {
    return this.running > 0 && error instanceof Error && error.name === 'TimeoutError';
  }

  private async lose(error: unknown): Promise<void> {
    await this.drop();
    this.tools = [];
    if (!this.isKnownAway && !this.closing.signal.aborted) this.watch.away(this.server.name, reasonOf(error));
    this.isKnownAway = true;
  }

  private async drop(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.drop();
  }

  private limit(): AbortSignal {
    return AbortSignal.any([this.closing.signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]);
  }

  private served({ name, description, inputSchema }: Tool): ServedTool {
    return { server: this.server.name, tool: name, description, parameters: inputSchema };
  }
}

const AWAY = 'The server of this tool is away; the call was not made.';
const USABLE_NAME = /^[^\s\p{C}]{1,256}$/u;
