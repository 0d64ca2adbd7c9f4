import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';

/** The server has forgotten the session, as after its own restart: it has done nothing of what it was asked in it. */
export function isLostSession(error: unknown): boolean {
  return error instanceof StreamableHTTPError && error.code === 404;
}

/** Why a server refused a request, in its own words; undefined where it did not answer it. */
export function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof McpError) || NO_ANSWER.includes(error.code)) return undefined;
  return error.message;
}

const NO_ANSWER: readonly number[] = [ErrorCode.ConnectionClosed, ErrorCode.RequestTimeout];

/** What a log may hold of a failure: no text of the server. */
export function reasonOf(error: unknown): string {
  if (error instanceof StreamableHTTPError || error instanceof McpError) return String(error.code ?? error.name);
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error ? String(error.code) : error.name;
}
