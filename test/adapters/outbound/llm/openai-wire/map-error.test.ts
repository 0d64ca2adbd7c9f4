import { expect } from 'chai';
import { errorOfStatus, errorReported } from '../../../../../src/adapters/outbound/llm/openai-wire/map-error.js';
import type { LlmErrorCode } from '../../../../../src/domain/errors.js';

type Report = readonly [status: number, body: unknown];

/** As servers send them with a status. */
const WITH_STATUS: Partial<Record<LlmErrorCode, readonly Report[]>> = {
  upstream_unauthorized: [
    [
      401,
      {
        error: { message: 'Incorrect API key provided: sk-x', type: 'invalid_request_error', code: 'invalid_api_key' },
      },
    ],
    [401, ''],
    [403, { detail: 'Forbidden' }],
    [400, [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }]],
    [400, { error: { details: [{ reason: 'API_KEY_INVALID' }] } }],
  ],
  upstream_unknown_model: [
    [404, { error: { code: 'model_not_found', type: 'invalid_request_error' } }],
    [404, { detail: 'Not Found' }],
    [400, { error: { code: 'model_not_found' } }],
    [400, { error: { message: 'x/y is not a valid model ID', code: 400 } }],
    [400, { error: { message: 'Model Not Exist', type: 'invalid_request_error' } }],
    [400, { error: { code: 'DeploymentNotFound' } }],
    [403, { error: { code: 'model_not_found' } }],
    [422, { error: { message: 'The model `m` does not exist.' } }],
  ],
  upstream_too_long: [
    [413, ''],
    [413, { error: { code: 'rate_limit_exceeded', message: 'Request too large for model' } }],
    [400, { error: { code: 'context_length_exceeded', type: 'invalid_request_error' } }],
    [
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 4096 tokens.",
        type: 'BadRequestError',
        code: 400,
      },
    ],
    [400, { error: { message: 'The decoder prompt (length 9) is longer than the maximum model length of 8.' } }],
    [400, { error: { code: 400, type: 'exceed_context_size_error' } }],
    [
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 2 tokens > 1 maximum' } },
    ],
    [
      422,
      { error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096', error_type: 'validation' },
    ],
    [500, { error: { message: 'litellm.ContextWindowExceededError: no', code: '500' } }],
  ],
  upstream_content_refused: [
    [400, { error: { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } } }],
    [400, { error: { code: 'content_policy_violation' } }],
    [400, { error: { message: 'Content Exists Risk', type: 'invalid_request_error', code: 'invalid_request_error' } }],
    [400, { error: { code: 'data_inspection_failed' } }],
    [403, { error: { code: 403, message: 'no', metadata: { reasons: ['hate'], flagged_input: 'x' } } }],
    [400, { error: { message: 'Your request was rejected by our safety system.' } }],
  ],
  upstream_quota_exceeded: [
    [
      429,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
    ],
    [429, { error: { code: 'billing_hard_limit_reached' } }],
    [400, { error: { code: 'billing_hard_limit_reached' } }],
    [402, { error: { message: 'Insufficient Balance', code: 'invalid_request_error' } }],
    [402, ''],
    [400, { error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' } }],
    [400, { error: { type: 'budget_exceeded' } }],
    [403, { error: { code: 'insufficient_user_quota' } }],
  ],
  upstream_rate_limited: [
    [429, { error: { code: 'rate_limit_exceeded' } }],
    [429, { error: { status: 'RESOURCE_EXHAUSTED' } }],
    [403, { error: { errors: [{ reason: 'rateLimitExceeded' }] } }],
  ],
  upstream_unavailable: [
    [503, { error: { code: 'model_not_found' } }],
    [500, { error: { message: 'RateLimitError' } }],
    [529, { error: { type: 'overloaded_error' } }],
  ],
  upstream_rejected: [
    [400, 'no'],
    [400, { error: 'Model does not support tools' }],
    [422, { detail: [{ type: 'extra_forbidden', loc: ['body', 'x'], msg: 'Extra inputs are not permitted' }] }],
    [400, { error: { type: 'invalid_request_error', message: 'messages: roles must alternate' } }],
    [422, { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required' }] }],
    [400, { detail: [{ loc: ['body'], msg: 'no', input: { code: 'insufficient_quota', message: 'rate limit' } }] }],
  ],
};

/** As they come inside a 200, where nothing but the report has a status. */
const REPORTED: Partial<Record<LlmErrorCode, readonly unknown[]>> = {
  upstream_rejected: [
    { error: { code: 400 } },
    { error: { code: '400' } },
    { error: { code: 422.0 } },
    { error: { status: 400 } },
    { error: { status_code: 400 } },
    { error: { http_status: 400 } },
    { error: { type: 'invalid_request_error' } },
    { error: { code: 'INVALID_ARGUMENT' } },
    { error: { error: { code: 400 } } },
    { error: '{"error":{"code":400}}' },
    { error: { message: '{"error":{"code":400}}' } },
    { error: { message: "Error code: 400 - {'error': {'message': 'no', 'code': None}}" } },
    { error: { message: 'litellm.BadRequestError: OpenAIException - no' } },
    { error: 'Bad Request' },
    { detail: { error: { code: 400 } } },
    { detail: [{ loc: ['body', 'messages'], msg: 'no', type: 'value_error' }] },
    { object: 'error', message: 'no', type: 'BadRequestError', code: 400 },
    { choices: [{ delta: {}, error: { code: 400, message: 'no' }, finish_reason: 'error' }] },
    [{ error: { code: 400 } }],
  ],
  upstream_unauthorized: [
    { error: { type: 'authentication_error' } },
    { error: { type: 'permission_denied' } },
    { error: { code: 401 } },
    { error: 'Unauthorized', status: 401 },
  ],
  upstream_unknown_model: [
    { error: { type: 'not_found_error' } },
    { error: { type: 'not_found' } },
    { error: { code: 404 } },
    { error: { code: 'model_not_found' } },
  ],
  upstream_too_long: [
    { error: { code: 'context_length_exceeded' } },
    { error: { code: 502, metadata: { raw: '{"error":{"code":"context_length_exceeded"}}', provider_name: 'x' } } },
    { object: 'error', message: "This model's maximum context length is 8 tokens", code: 400 },
    { error: { code: 413 } },
  ],
  upstream_content_refused: [
    { error: { code: 'content_filter' } },
    { error: { type: 'safety' } },
    { error: { code: 403, metadata: { flagged_input: 'x', reasons: ['y'] } } },
  ],
  upstream_quota_exceeded: [
    { error: { code: 'insufficient_quota' } },
    { error: { code: 429, type: 'insufficient_quota' } },
    { error: { code: 402 } },
    { error: { message: "Error code: 429 - {'error': {'code': 'insufficient_quota'}}" } },
  ],
  upstream_rate_limited: [
    { error: { type: 'rate_limit' } },
    { error: { code: 'rate_limit_exceeded' } },
    { error: 'Too Many Requests' },
    { error: { code: 'RateLimitExceeded' } },
    { status: 429, error: 'slow down' },
  ],
  upstream_timeout: [{ error: { code: 408 } }],
  upstream_error: [
    { error: { type: 'server_error' } },
    { error: { type: 'overloaded_error' } },
    { error: { code: 503 } },
    { error: { type: 'server_error', message: 'Invalid response' } },
    { error: 'Internal server error' },
    { error: { code: 0 } },
    { error: true },
    5,
  ],
};

const text = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));

describe('an error of an upstream', () => {
  for (const [code, reports] of Object.entries(WITH_STATUS)) {
    it(`is ${code} when its status or its words say so`, () => {
      for (const [status, body] of reports)
        expect(errorOfStatus(status, text(body)).code, `${status} ${text(body)}`).to.equal(code);
    });
  }

  for (const [code, reports] of Object.entries(REPORTED)) {
    it(`is ${code} when a report inside a good answer says so`, () => {
      for (const body of reports) expect(errorReported(text(body)).code, text(body)).to.equal(code);
    });
  }

  it('gives the log no word of its sentences', () => {
    const message = "Error code: 400 - {'message': 'my secret plan'}, maximum context length, sk-Canary4f1d9c";
    for (const body of [{ error: { message } }, { error: message }, { detail: message }, message, { error: 'plan' }])
      expect(errorOfStatus(400, text(body)).detail).to.equal('HTTP 400');
  });

  it('is read in a time that grows with its length only', () => {
    for (const body of ['{'.repeat(100_000), 'A'.repeat(1_000_000), `{"error":"${'model '.repeat(100_000)}"}`])
      expect(errorReported(body).code).to.equal('upstream_error');
  });
});
