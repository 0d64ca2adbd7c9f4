import { LlmError } from '../../../../domain/errors.js';
import { classOf } from './error-class.js';
import { type ErrorReport, readReport } from './error-report.js';
import { extrasRefused } from './extras-refused.js';

/** An answer with a status that is not a success. */
export function errorOfStatus(status: number, body: string, retryAfterMs?: number): LlmError {
  const report = readReport(body);
  const detail = [`HTTP ${status}`, ...loggable(report)].join(' ');
  const code = classOf(report, status);
  return new LlmError(code, { detail, retryAfterMs, status, cause: extrasRefused(code, body) });
}

/** A request that got no answer. */
export function errorOfConnection(error: unknown): LlmError {
  // HPE_*: the peer spoke, but not HTTP.
  const code = codeOf(error).startsWith('HPE_') ? 'upstream_protocol' : 'upstream_unavailable';
  return new LlmError(code, { cause: plainCause(error) });
}

/** A body that broke while it was read. */
export function errorOfStream(error: unknown): LlmError {
  if (error instanceof LlmError) return error;
  // What zlib, zstd and brotli say of bytes that are not theirs.
  const isBadCompression = /^(Z_|ZSTD_|ERR__ERROR_)/.test(codeOf(error));
  return new LlmError(isBadCompression ? 'upstream_protocol' : 'upstream_truncated', { cause: plainCause(error) });
}

/** An error that came as data inside a good answer: of the same class as one that is told by a status. */
export function errorReported(text: string): LlmError {
  const report = readReport(text);
  const code = classOf(report);
  const detail = ['reported', ...loggable(report)].join(' ');
  if (code === 'upstream_unavailable') return new LlmError('upstream_error', { detail });
  return new LlmError(code, { detail, cause: extrasRefused(code, text) });
}

/** What a report names by words that programs use. Its sentences are left out: they may quote a message, or a key. */
function loggable({ names }: ErrorReport): string[] {
  return [...new Set(names)].filter((mark) => MARK.test(mark)).slice(0, MOST_NAMES);
}

/** `rate_limit_exceeded`, `429`; a key has more letters, digits or capitals than that. */
const MARK = /^([a-z]+(_[a-z]+)*|\d{1,3})$/;
const MOST_NAMES = 8;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The HTTP client's own errors hold the request with its headers, and so the key: only the words are kept. */
function plainCause(error: unknown): Error {
  const message = error instanceof Error ? error.message : 'unknown';
  return Object.assign(new Error(message || codeOf(error)), { code: codeOf(error) });
}
