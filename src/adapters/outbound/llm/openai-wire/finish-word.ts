import type { CompletionFinishReason } from '../../../../application/ports/llm-gateway.js';

/** What a server's finish word means: how a whole answer ended, that it has not, that it failed, that a tool is asked
 *  for. Undefined where nobody knows. Servers write them as they like: `max_tokens`, `MAX_TOKENS`,
 *  `FINISH_REASON_MAX_TOKENS`. */
export function meaningOf(word: string): CompletionFinishReason | 'not_yet' | 'failed' | 'tool_call' | undefined {
  const plain = word
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^finishreason/, '');
  return MEANINGS.find(([pattern]) => pattern.test(plain))?.[1];
}

/** In this order: `rate_limit` is a failure before it is a limit. */
const MEANINGS = [
  // OpenAI; Anthropic; Cohere and Gemini; text-generation-inference and watsonx; llama.cpp.
  [/^(stop(ped)?|endturn|endofturn|complete|completed|eos|eostoken|eot|eog|eogtoken|endoftext|endofsequence)$/, 'stop'],
  [/^stop(sequences?|tokens?|strings?|words?|criteria)$/, 'stop'],
  [/^(end|ended|done|finish|finished|success|succeeded)$/, 'stop'],
  // watsonx says `not_finished`; Gemini's `unspecified` is never an ending; others send a word where OpenAI has null.
  [
    /^(|null|none|nil|undefined|false|unspecified|unfinished|not(yet)?(finished|stopped|done|complete|completed)|notyet)$/,
    'not_yet',
  ],
  [
    /^(inprogress|progress|ongoing|running|generating|streaming|processing|pending|queued|partial|continu(e|ed|ing))$/,
    'not_yet',
  ],
  // Mistral and OpenAI's older functions; Bedrock and Anthropic; Gemini.
  [/^(unexpected|toomany)?(tools?|functions?)(calls?|use)?$/, 'tool_call'],
  // Content filters of OpenAI and Azure, Gemini, Bedrock, Anthropic, Zhipu.
  [/filter|safety|moderat|guardrail|prohibited|blocklist|blocked|flagged|policy|refus/, 'content_filter'],
  [/^(sensitive|recitation|spii|language|modelarmor)$/, 'content_filter'],
  // SGLang's and vLLM's `abort`, Zhipu's `network_error`, DeepSeek's `insufficient_system_resource`, Gemini's and
  // Bedrock's `malformed_…`, watsonx' `cancelled`, Cohere's `TIMEOUT`, and what is like them.
  [
    /error|fail|abort|cancel|except|insufficient|unavailable|overload|malformed|interrupt|disconnect|crash|kill/,
    'failed',
  ],
  [/^(request)?timed?out$|^ratelimit/, 'failed'],
  // Cohere, Anthropic and Gemini; Mistral; OpenAI's responses; watsonx; llama.cpp. What was cut is told as cut.
  [
    /^max|length|window|truncat|^(time|token|context|output|model|step)s?(limit|full|exceeded)|^limit|^incomplete$/,
    'length',
  ],
] as const;
