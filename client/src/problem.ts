/** What the service says, beside what Problem names: `run_id`, `open_calls`, `errors` and whatever comes later. */
export type ProblemDocument = Readonly<Record<string, unknown>>;

interface ProblemFields {
  readonly code: string;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly requestId?: string | undefined;
  readonly retryAfter?: string | undefined;
  readonly document?: ProblemDocument;
  readonly cause?: unknown;
}

/** Failures that stay as they are until somebody changes a setting or the message. */
const LASTING: ReadonlySet<string> = new Set([
  'upstream_unauthorized',
  'upstream_unknown_model',
  'upstream_quota_exceeded',
  'upstream_too_long',
  'upstream_content_refused',
  'upstream_rejected',
  'upstream_protocol',
  'unsupported_tool_call',
]);

/** A refusal. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** Whether the same may well succeed later. */
  readonly retryable: boolean;
  /** As the service sent it. */
  readonly retryAfter: string | undefined;
  readonly document: ProblemDocument;

  /** @internal */
  constructor({ code, status, detail, requestId, retryAfter, document = {}, cause }: ProblemFields) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.document = document;
    this.retryable = mayPass(status, code);
  }

  /** What a refusing answer says. What stands between may refuse in words of its own. @internal */
  static of({ status, statusText, headers }: Response, text: string): Problem {
    const document = documentIn(text);
    return new Problem({
      code: textOr(document.code, `http_${status}`),
      status,
      detail: textOr(document.detail, `The answer was ${status} ${statusText}`.trimEnd()),
      requestId: textOr(document.request_id, headers.get('X-Request-Id') ?? '') || undefined,
      retryAfter: headers.get('Retry-After') ?? undefined,
      document,
    });
  }

  /** Whether the service itself says so, and not something between. */
  get isOfService(): boolean {
    return typeof this.document.code === 'string';
  }
}

function mayPass(status: number, code: string): boolean {
  if (LASTING.has(code)) return false;
  return status === 0 || status === 408 || status === 429 || status >= 500 || code === 'session_busy';
}

function documentIn(text: string): ProblemDocument {
  try {
    const value: unknown = JSON.parse(text);
    return isDocument(value) ? value : {};
  } catch {
    return {};
  }
}

function isDocument(value: unknown): value is ProblemDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, usual: string): string {
  return typeof value === 'string' && value !== '' ? value : usual;
}
