import type { ErrorCode } from '../../domain/errors.js';
import { LLM_FAILURES } from '../../domain/llm-failures.js';
import type { FinishReason } from '../../domain/run.js';

/** The values that labels are known to take. */

const REFUSALS = [
  'invalid_request',
  'session_busy',
  'queue_full',
  'session_full',
  'message_too_long',
  'idempotency_mismatch',
  'overloaded',
  'store_unavailable',
] as const satisfies readonly ErrorCode[];

export const MESSAGE_OUTCOMES: readonly string[] = ['running', 'queued', 'replayed', 'failed', ...REFUSALS];

export const FINISH_REASONS: readonly string[] = [
  'stop',
  'length',
  'content_filter',
  'tool_calls',
  'cancelled',
  'interrupted',
  'error',
] satisfies FinishReason[];

const LLM_ERROR_CODES = Object.keys(LLM_FAILURES);

export const FAILOVER_CODES: readonly string[] = Object.entries(LLM_FAILURES)
  .filter(([, { anotherMayAnswer }]) => anotherMayAnswer)
  .map(([code]) => code);

export const RUN_FAILURE_CODES: readonly string[] = ['run_failed', 'output_limit', 'step_limit', ...LLM_ERROR_CODES];

export const TAKEOVER_OUTCOMES = ['answered_again', 'ended'] as const;

export const ATTEMPT_OUTCOMES: readonly string[] = ['ok', 'stopped', 'run_failed', ...LLM_ERROR_CODES];

export const DIRECTIONS = ['input', 'output'] as const;

export const STORE_OPERATIONS = [
  'accept',
  'answer_of',
  'latest_run',
  'settle',
  'open_calls',
  'cancel_session',
  'label_session',
  'bring_session',
  'append',
  'ask_to_stop',
  'forget_run',
  'begin_attempt',
  'claim_orphans',
  'delete_session',
  'end',
  'find_accepted',
  'keep_results',
  'find_run',
  'find_session',
  'list_sessions',
  'locate_session',
  'messages',
  'position',
  'renew',
] as const;
