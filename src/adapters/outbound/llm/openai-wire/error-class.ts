import type { LlmErrorCode } from '../../../../domain/errors.js';
import type { ErrorReport } from './error-report.js';

/** Which failure it is that an upstream reports: by its status, and by the words that say more than the status does.
 *  The status of a report inside a good answer is the one that it names. */
export function classOf({ marks, sentences }: ErrorReport, httpStatus?: number): LlmErrorCode {
  const status = httpStatus ?? statusIn(marks);
  const words = marks.map(asWord);
  return special(words, sentences, status) ?? (status === undefined ? general(words, sentences) : codeOfStatus(status));
}

interface Special {
  readonly code: LlmErrorCode;
  /** Of a code, type or status, in small letters with underscores. */
  readonly word: RegExp;
  /** Of a sentence, for servers that have no code for it. */
  readonly told?: RegExp;
}

const TOO_LONG: Special = {
  code: 'upstream_too_long',
  word: /context_(length|window|size)|(prompt|input|request|message|content|payload|entity)_(is_)?too_(long|large)|string_above_max_length|max_(context|prompt|input)|token_limit_exceeded/,
  told: /maximum (context|model|input|prompt|sequence) length|context (length|window|size)|(prompt|input|message|request|conversation|string) (is )?too (long|large)|too many (input |prompt )?tokens|reduce the length|exceeds? the (maximum|max|available|model|limit|allowed).{0,60}(token|context|length)|maximum number of (input )?tokens|maximum context|max_(new_)?tokens`? must be <=|too large for model/i,
};
const REFUSED: Special = {
  code: 'upstream_content_refused',
  word: /content_?(filter|policy|safety|moderation|management|blocked|violation)|policy_violation|responsible_?ai|(^|_)safety(_|$)|moderation|flagged|prohibited_content|blocklist|(prompt|content|input)_(was_)?blocked|data_inspection|sensitive|(^|_)jailbreak|invalid_prompt|guardrail|recitation/,
  told: /content (management |safety |usage )?(policy|policies|filter)|usage polic|safety (system|filter|polic|reasons)|content exists risk|(was|been|is) flagged|moderation|inappropriate content/i,
};
const QUOTA: Special = {
  code: 'upstream_quota_exceeded',
  word: /insufficient_(user_)?(quota|balance|credits?|funds)|^quota_exceeded|billing|payment_required|arrear|out_of_credits?|no_credits?|credits?_(exhausted|required|limit)|budget_exceeded|(daily|monthly)_limit_exceeded|spend(ing)?_limit/,
  told: /credit balance|insufficient (balance|credits?|funds|quota)|(out of|not enough|more) credits|budget (has been )?exceeded|exceeded your (monthly|current) (included|spend|budget)/i,
};
const RATE: Special = {
  code: 'upstream_rate_limited',
  word: /rate_?limit|rate_?quota|too_?many_?requests|throttl|resource_exhausted|(tokens|requests)_per_/,
};
const UNKNOWN_MODEL: Special = {
  code: 'upstream_unknown_model',
  word: /model(_name)?_(is_)?(not_(found|exist|available|supported|loaded)|unknown|unavailable|does_not_exist|deprecated|decommissioned|retired)|(unknown|invalid|no_such|unsupported|nonexistent)_model|deployment_not_found|^not_found|route_not_found|unknown_url/,
  told: /\bmodel\b.{0,120}(does not exist|doesn't exist|not found|not exist|is not (available|a valid model)|not a valid model|has been (deprecated|decommissioned|retired))|not a valid model|(unknown|invalid|no such) model\b/i,
};
const UNAUTHORIZED: Special = {
  code: 'upstream_unauthorized',
  word: /unauthori[sz]ed|unauthenticated|authentication|authorization|auth_error|permission|(?<!extra_)forbidden|access_denied|api_?key|invalid_(token|credentials?|key)|token_(expired|invalid)|expired_token|account_(deactivated|suspended|inactive)/,
  told: /(incorrect|invalid|missing|no|valid) (api|authentication)[ _-]?(key|token)|api[ _-]?key.{0,30}(invalid|not valid|required|missing|expired)/i,
};

/** What the words say in spite of the status, if anything. */
function special(words: readonly string[], sentences: readonly string[], status = 0): LlmErrorCode | undefined {
  const named = listFor(status).find(({ word }) => words.some((each) => word.test(each)));
  if (named !== undefined || !READ_ON.has(status)) return named?.code;
  return listFor(status).find(({ told }) => sentences.some((sentence) => told?.test(sentence)))?.code;
}

/** What is left to say of a report without a status. */
function general(words: readonly string[], sentences: readonly string[]): LlmErrorCode {
  const blamesRequest = words.some((word) => REQUEST.test(word)) || sentences.some((each) => REQUEST_TOLD.test(each));
  return blamesRequest ? 'upstream_rejected' : 'upstream_error';
}

const MESSAGE_OR_QUOTA = [TOO_LONG, REFUSED, QUOTA];

/** A server that is overloaded or broken is that, whatever it calls it; but no message that is refused becomes good by
 *  being sent again. */
function listFor(status: number): readonly Special[] {
  if (status === 429) return [QUOTA];
  if (status === 413 || status === 402 || status === 408 || status === 409) return [];
  if (status >= 500) return MESSAGE_OR_QUOTA;
  return status === 401 || status === 404
    ? [QUOTA, RATE]
    : [QUOTA, TOO_LONG, REFUSED, RATE, UNKNOWN_MODEL, UNAUTHORIZED];
}

/** No status at all, and those that may mean anything. What the others mean is clear without their sentences. */
const READ_ON: ReadonlySet<number> = new Set([0, 400, 403, 422]);

const REQUEST =
  /invalid_(request|argument|param|value|input|message)|bad_request|unprocessable|validation|unsupported_(param|value)|(missing|unknown)_(required_)?param/;
const REQUEST_TOLD =
  /bad request|invalid (request|argument|param|input|value|message|prompt|role)|validation error|unprocessable/i;

/** The outermost one. */
function statusIn(marks: readonly string[]): number | undefined {
  const told = marks.find((mark) => /^[45]\d\d\b/.test(mark));
  return told === undefined ? undefined : Number(told.slice(0, 3));
}

/** `RateLimitExceeded`, `RATE_LIMIT_EXCEEDED` and `Rate limit exceeded` are one. */
function asWord(mark: string): string {
  return mark
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_');
}

const STATUS_CODES: Readonly<Record<number, LlmErrorCode>> = {
  401: 'upstream_unauthorized',
  402: 'upstream_quota_exceeded',
  403: 'upstream_unauthorized',
  404: 'upstream_unknown_model',
  405: 'upstream_unknown_model',
  407: 'upstream_unauthorized',
  408: 'upstream_timeout',
  409: 'upstream_unavailable',
  410: 'upstream_unknown_model',
  413: 'upstream_too_long',
  429: 'upstream_rate_limited',
};

function codeOfStatus(status: number): LlmErrorCode {
  if (status >= 500) return 'upstream_unavailable';
  // Redirects are not followed: the key must not travel to another host.
  return STATUS_CODES[status] ?? (status >= 400 ? 'upstream_rejected' : 'upstream_protocol');
}
