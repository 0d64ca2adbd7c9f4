import type { ErrorCode } from '../../../domain/errors.js';

/** The one map from an error's code to its status. */
export const ERROR_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 422,
  session_not_found: 404,
  run_not_found: 404,
  session_busy: 409,
  call_not_found: 404,
  call_settled: 409,
  call_not_awaiting_approval: 409,
  queue_full: 429,
  session_full: 413,
  resume_expired: 410,
  invalid_cursor: 400,
  cursor_mismatch: 422,
  idempotency_mismatch: 422,
  overloaded: 503,
  shutting_down: 503,
  store_unavailable: 503,
  upstream_unavailable: 502,
  upstream_timeout: 504,
  upstream_rate_limited: 502,
  upstream_unauthorized: 502,
  upstream_unknown_model: 502,
  upstream_quota_exceeded: 502,
  upstream_too_long: 502,
  upstream_content_refused: 502,
  upstream_rejected: 502,
  upstream_truncated: 502,
  upstream_empty: 502,
  upstream_error: 502,
  upstream_protocol: 502,
  unsupported_tool_call: 502,
  output_limit: 502,
  step_limit: 502,
  run_failed: 500,
  run_ended: 500,
  lease_lost: 500,
  journal_gap: 500,
};

/** Statuses that tell the client to come again, and after how many seconds. */
export const RETRY_AFTER: Readonly<Record<number, string>> = { 409: '1', 429: '2', 503: '2' };
