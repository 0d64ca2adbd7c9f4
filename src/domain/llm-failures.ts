/** What follows from one way in which an upstream fails. */
interface LlmFailure {
  /** For people: what happened, and what to do next. Never a provider's text. */
  readonly message: string;
  /** The same message may well succeed when it is sent again. */
  readonly retryable: boolean;
  /** The upstream is down. One that refuses, has nothing to say, or asks for patience is there. */
  readonly isOutage: boolean;
  /** The upstream refused the message for what it says, so that every prompt with it would be refused. */
  readonly blamesMessage: boolean;
  /** It is not the request's own fault: another model may answer it. */
  readonly anotherMayAnswer: boolean;
}

const passing = { retryable: true, isOutage: false, blamesMessage: false, anotherMayAnswer: true };
const outage = { retryable: true, isOutage: true, blamesMessage: false, anotherMayAnswer: true };
const lasting = { retryable: false, isOutage: false, blamesMessage: false, anotherMayAnswer: true };
const refusal = { retryable: false, isOutage: false, blamesMessage: true, anotherMayAnswer: false };

/** Every way in which an upstream can fail; which of them it was is decided where it is called. */
export const LLM_FAILURES = {
  upstream_unavailable: { ...outage, message: 'The model cannot be reached just now; try again.' },
  upstream_timeout: { ...outage, message: 'The model took too long to answer; try again.' },
  upstream_rate_limited: { ...passing, message: 'The model is receiving too many requests; try again later.' },
  upstream_unauthorized: {
    ...lasting,
    message: 'The model refused the key of this service; whoever runs it has to set a valid one.',
  },
  upstream_unknown_model: {
    ...lasting,
    message:
      'The upstream has no such model or path; whoever runs this service has to check its model and its address.',
  },
  upstream_quota_exceeded: {
    ...lasting,
    message: 'The quota or credit for the model is used up; whoever runs this service has to raise it.',
  },
  upstream_too_long: {
    ...refusal,
    message: 'The message and its session are too long for the model; send a shorter message, or begin a new session.',
  },
  upstream_content_refused: {
    ...refusal,
    message: 'The model refused what the message says; send another message, this one is in no later prompt.',
  },
  upstream_rejected: {
    ...refusal,
    message: 'The model refused the request; send another message. If it refuses every one, check its settings.',
  },
  upstream_truncated: { ...outage, message: 'The answer broke off before its end; try again.' },
  upstream_empty: { ...passing, message: 'The model ended its answer without a word; try again.' },
  upstream_error: { ...outage, message: 'The model reported an error; try again.' },
  upstream_protocol: { ...lasting, message: 'The model answered in a form that cannot be read.' },
  unsupported_tool_call: {
    ...lasting,
    // The call is the beginning of an answer.
    anotherMayAnswer: false,
    message: 'The model asked for a tool, and this service offers none.',
  },
} as const satisfies Readonly<Record<string, LlmFailure>>;

/** Whether an error of this code says that its message would spoil every prompt it is in. */
export function blamesMessage(code: string): boolean {
  const failures: Readonly<Record<string, LlmFailure>> = LLM_FAILURES;
  return Object.hasOwn(failures, code) && failures[code]?.blamesMessage === true;
}
