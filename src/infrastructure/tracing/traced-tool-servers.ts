import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ServedResult, ToolServers } from '../../application/ports/tool-servers.js';
import type { Fields } from '../../domain/fields.js';
import type { ServedBy, ServedTool } from '../../domain/tool.js';
import { TRACER } from './tracer-name.js';

/** Any servers of tools, with a span for each call, named as OpenTelemetry's conventions for generative AI have it.
 *  Neither arguments nor results are in it. */
export class TracedToolServers implements ToolServers {
  constructor(private readonly servers: ToolServers) {}

  offered(): readonly ServedTool[] {
    return this.servers.offered();
  }

  call(tool: ServedBy, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool.tool,
      'gen_ai.tool.type': 'extension',
      'agent_runtime.tool.server': tool.server,
    };
    const options = { kind: SpanKind.CLIENT, attributes };
    return trace.getTracer(TRACER).startActiveSpan(`execute_tool ${tool.tool}`, options, async (span) => {
      const failed = (type: string) => span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
      try {
        const result = await this.servers.call(tool, given, signal);
        if (result.status === 'error') failed('tool_error');
        return result;
      } catch (error) {
        failed('stopped');
        throw error;
      } finally {
        span.end();
      }
    });
  }

  close(): Promise<void> {
    return this.servers.close();
  }
}
