import { z } from 'zod';
import type { LlmErrorCode } from '../../../../domain/errors.js';
import { LlmError } from '../../../../domain/errors.js';

/** An answer with a status that is not a success. */
export function errorOfStatus(status: number, body: string, retryAfterMs?: number): LlmError {
  const detail = [`HTTP ${status}`, ...loggable(marksOf(body))].join(' ');
  return new LlmError(codeOfStatus(status), { detail, retryAfterMs });
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

/** An error that came as data inside a good answer; servers agree on nothing about its shape. */
export function errorReported(text: string): LlmError {
  const marks = marksOf(text);
  const code = marks.some((mark) => RATE_LIMIT.test(mark)) ? 'upstream_rate_limited' : 'upstream_error';
  return new LlmError(code, { detail: ['reported', ...loggable(marks)].join(' ') });
}

function marksOf(text: string): string[] {
  const { error, ...outer } = reportSchema.parse(parseLeniently(text));
  const inner = typeof error === 'string' ? [error] : [error?.code, error?.status, error?.type];
  return [...inner, outer.code, outer.status, outer.type].map((mark) => String(mark ?? ''));
}

/** What a report names by words that programs use. Its sentences are left out: they may quote a message, or a key. */
function loggable(marks: readonly string[]): string[] {
  return [...new Set(marks)].filter((mark) => MARK.test(mark));
}

/** `rate_limit_exceeded`, `429`; a key has more letters, digits or capitals than that. */
const MARK = /^([a-z]+(_[a-z]+)*|\d{1,3})$/;

const RATE_LIMIT = /^(429$|rate_?limit|too_?many_?requests)/i;
const mark = z.union([z.string(), z.number()]).optional().catch(undefined);
const marksSchema = z.object({ code: mark, status: mark, type: mark });
const reportSchema = marksSchema
  .extend({ error: z.union([z.string(), marksSchema]).optional().catch(undefined) })
  .catch({});

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOfStatus(status: number): LlmErrorCode {
  if (status === 408) return 'upstream_timeout';
  if (status === 429) return 'upstream_rate_limited';
  if (status === 409 || status >= 500) return 'upstream_unavailable';
  // Redirects are not followed: the key must not travel to another host.
  return status >= 400 ? 'upstream_rejected' : 'upstream_protocol';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The HTTP client's own errors hold the request with its headers, and so the key: only the words are kept. */
function plainCause(error: unknown): Error {
  const message = error instanceof Error ? error.message : 'unknown';
  return Object.assign(new Error(message || codeOf(error)), { code: codeOf(error) });
}
