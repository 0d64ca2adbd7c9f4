import type { ServedResult, ToolServers } from '../../application/ports/tool-servers.js';
import type { Fields } from '../../domain/fields.js';
import type { ServedBy, ServedTool } from '../../domain/tool.js';
import type { Metrics } from './metrics.js';

/** Any servers of tools, with their calls timed. */
export class MeteredToolServers implements ToolServers {
  constructor(
    private readonly servers: ToolServers,
    private readonly metrics: Metrics,
  ) {}

  offered(): readonly ServedTool[] {
    return this.servers.offered();
  }

  async call(tool: ServedBy, given: Fields, signal: AbortSignal): Promise<ServedResult> {
    const ended = this.metrics.servedCalls.startTimer({ server: tool.server });
    try {
      const result = await this.servers.call(tool, given, signal);
      ended({ outcome: result.status });
      return result;
    } catch (error) {
      ended({ outcome: 'stopped' });
      throw error;
    }
  }

  close(): Promise<void> {
    return this.servers.close();
  }
}
