import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CallToolResultSchema,
  ListToolsResultSchema,
  type Tool,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ServedResult } from '../../../../application/ports/tool-servers.js';
import type { Fields } from '../../../../domain/fields.js';
import type { ToolServer } from '../../../../domain/tool.js';
import type { Fetch } from './mcp-server.js';
import { resultText } from './result-text.js';

/** The SDK has a limit of its own, of a minute; ours come with the signals. */
const NO_LIMIT = 2 ** 31 - 1;
const MOST_PAGES = 100;
const FAREWELL_MILLISECONDS = 1000;

/** One session with a server. */
export class McpConnection {
  private constructor(
    private readonly client: Client,
    private readonly transport: StreamableHTTPClientTransport,
  ) {}

  /** `changed` is called when the server says that its tools have changed. */
  static async open(
    { url, headers }: ToolServer,
    version: string,
    changed: () => void,
    fetch: Fetch,
    signal: AbortSignal,
  ): Promise<McpConnection> {
    const options = { requestInit: { headers: { ...headers } }, fetch };
    const transport = new StreamableHTTPClientTransport(new URL(url), options);
    const client = new Client({ name: 'agent-runtime', version }, { capabilities: {} });
    client.setNotificationHandler(ToolListChangedNotificationSchema, changed);
    const connection = new McpConnection(client, transport);
    try {
      await client.connect(transport, { signal, timeout: NO_LIMIT });
      return connection;
    } catch (error) {
      await connection.drop();
      throw error;
    }
  }

  async tools(signal: AbortSignal): Promise<readonly Tool[]> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const listed = await this.client.request({ method: 'tools/list', params }, ListToolsResultSchema, {
        signal,
        timeout: NO_LIMIT,
      });
      tools.push(...listed.tools);
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    return tools;
  }

  /** The server is told when `signal` aborts. */
  async call(name: string, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    const request = { method: 'tools/call' as const, params: { name, arguments: { ...given } } };
    return resultText(await this.client.request(request, CallToolResultSchema, { signal, timeout: NO_LIMIT }));
  }

  /** Whatever waits for an answer fails now. */
  async drop(): Promise<void> {
    await this.client.close().catch(() => {});
  }

  /** The server is told that the session is over, where it listens. */
  async close(): Promise<void> {
    const waited = new Promise((resolve) => setTimeout(resolve, FAREWELL_MILLISECONDS).unref());
    await Promise.race([this.transport.terminateSession().catch(() => {}), waited]);
    await this.drop();
  }
}
