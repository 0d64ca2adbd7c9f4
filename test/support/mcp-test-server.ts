import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';

export type RunTool = (given: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<CallToolResult>;

/** A server of tools: the SDK's own, on a real socket. */
export class McpTestServer {
  /** What was asked for, in order. */
  readonly calls: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  private readonly sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: Server }>();
  private readonly http: NodeServer = createServer((request, response) => void this.answer(request, response));

  private constructor(private tools: Readonly<Record<string, RunTool>>) {}

  static async start(tools: Readonly<Record<string, RunTool>>, port = 0): Promise<McpTestServer> {
    const started = new McpTestServer(tools);
    await new Promise<void>((resolve) => started.http.listen(port, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    const address = this.http.address();
    if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
    return address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** From now on it has these, and says so. */
  async changeTools(tools: Readonly<Record<string, RunTool>>): Promise<void> {
    this.tools = tools;
    await Promise.all([...this.sessions.values()].map(({ server }) => server.sendToolListChanged()));
  }

  /** As a server that was started again. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.headers.push(request.headers);
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (id !== undefined && known === undefined) {
      response.writeHead(404).end();
      return;
    }
    await (known ?? (await this.newSession())).transport.handleRequest(request, response);
  }

  private async newSession() {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void this.sessions.set(id, session),
    });
    const server = new Server({ name: 'tests', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    const session = { transport, server };
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: Object.keys(this.tools).map((name) => ({ name, description: `It is ${name}`, inputSchema: SCHEMA })),
    }));
    server.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: given = {} } }, { signal }) => {
      this.calls.push(`${name} ${JSON.stringify(given)}`);
      const run = this.tools[name];
      if (run === undefined) throw new McpError(-32602, `no tool ${name}`);
      return run(given, signal);
    });
    await server.connect(transport);
    return session;
  }
}

const SCHEMA = { type: 'object' as const, properties: { path: { type: 'string' } } };

/** A result in words. */
export function saying(...texts: readonly string[]): CallToolResult {
  return { content: texts.map((text) => ({ type: 'text', text })) };
}
