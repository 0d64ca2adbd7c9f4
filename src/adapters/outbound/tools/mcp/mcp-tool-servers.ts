import type { ServedResult, ToolServers } from '../../../../application/ports/tool-servers.js';
import type { Fields } from '../../../../domain/fields.js';
import type { ServedBy, ServedTool, ToolServer } from '../../../../domain/tool.js';
import { type Fetch, McpServer, type ServerWatch } from './mcp-server.js';
import { failedResult } from './result-text.js';

/** How the server of a URL is asked. */
type FetchFor = (url: string) => Fetch;

/** Servers that speak MCP over streamable HTTP. */
export class McpToolServers implements ToolServers {
  private readonly servers: ReadonlyMap<string, McpServer>;

  private constructor(servers: readonly ToolServer[], version: string, watch: ServerWatch, fetchFor: FetchFor) {
    this.servers = new Map(
      servers.map((server) => [server.name, new McpServer(server, version, watch, fetchFor(server.url))]),
    );
  }

  /** When each has told its tools, or was found to be away. */
  static async open(
    servers: readonly ToolServer[],
    version: string,
    watch: ServerWatch,
    fetchFor: FetchFor,
  ): Promise<McpToolServers> {
    const opened = new McpToolServers(servers, version, watch, fetchFor);
    await Promise.all([...opened.servers.values()].map((server) => server.look()));
    return opened;
  }

  offered(): readonly ServedTool[] {
    return [...this.servers.values()].flatMap(({ tools }) => tools);
  }

  async call({ server, tool }: ServedBy, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    const known = this.servers.get(server);
    return known?.call(tool, given, signal) ?? failedResult('There is no such server any more; the call was not made.');
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.close()));
  }
}
