import type { LlmProvider, Settings } from '../../src/adapters/outbound/llm/llm-provider.js';
import type { LlmErrorCode } from '../../src/domain/errors.js';
import type { LlmGatewaySubject, UpstreamCall, UpstreamScript } from '../contracts/llm-gateway.contract.js';
import { completionStream } from './completion-stream.js';
import type { UpstreamAnswer, UpstreamStep } from './upstream-server.js';
import { ScriptedUpstream } from './upstream-server.js';

const { role, text, reasoning, call, finish, usage, error, done } = completionStream;
const EVENT_STREAM = { 'Content-Type': 'text/event-stream' };

/** A provider on a scripted upstream. `cut` says how the upstream cuts its bytes into writes. */
export async function openWireSubject(
  provider: LlmProvider,
  settingsFor: (url: string) => Settings,
  cut: (stream: string) => Uint8Array[] = (stream) => [Buffer.from(stream)],
): Promise<LlmGatewaySubject> {
  const upstream = new ScriptedUpstream();
  await upstream.start();
  upstream.answer = () => ({
    headers: { 'Content-Type': 'application/json' },
    steps: [write('{"data":[{"id":"b"},{"id":"a"}]}')],
  });
  return {
    gateway: provider.create(settingsFor(upstream.url)),
    modelIds: ['b', 'a'],
    play(script) {
      upstream.answer = () => answerOf(script, cut);
    },
    asked: () => upstream.nextRequest(),
    get calls() {
      return upstream.requests.length;
    },
    released: async () => upstream.requests.at(-1)?.socketClosed,
    close: () => upstream.close(),
  };
}

function answerOf(script: UpstreamScript, cut: (stream: string) => Uint8Array[]): UpstreamAnswer {
  const { reasoning: thoughts = [], texts, calls = [], then } = script;
  if (then.type === 'fail' && FAILED_STATUS[then.code] !== undefined && texts.length === 0) {
    return { status: FAILED_STATUS[then.code], steps: [write('{"error":{"message":"no"}}')] };
  }
  if (then.type === 'stall' && texts.length === 0) return { before: [{ type: 'hang' }] };
  const spoken = texts.length > 0 ? role + thoughts.map(reasoning).join('') + texts.map(text).join('') : '';
  const stream = spoken + calls.map(callOf).join('') + closingOf(script);
  const steps: UpstreamStep[] = cut(stream).map((bytes) => ({ type: 'write', bytes }));
  return { headers: EVENT_STREAM, steps: then.type === 'stall' ? [...steps, { type: 'hang' }] : steps };
}

const FAILED_STATUS: Partial<Record<LlmErrorCode, number>> = {
  upstream_unavailable: 503,
  upstream_timeout: 408,
  upstream_rate_limited: 429,
  upstream_unauthorized: 401,
  upstream_unknown_model: 404,
  upstream_quota_exceeded: 402,
  upstream_too_long: 413,
  upstream_rejected: 400,
};

const FAILED_STREAM: Partial<Record<LlmErrorCode, string>> = {
  upstream_rate_limited: error({ message: 'slow down', code: 429 }),
  upstream_content_refused: error({ message: 'no', code: 'content_filter' }),
  upstream_rejected: error({ message: 'no', code: 400 }),
  upstream_empty: done,
  upstream_error: error('Internal server error') + done,
  upstream_protocol: 'data: <html>\n\n',
  unsupported_tool_call: finish('tool_calls') + done,
};

function callOf({ id, name, pieces }: UpstreamCall, index: number): string {
  const begun = call({ index, id, type: 'function', function: { name, arguments: '' } });
  return begun + pieces.map((piece) => call({ index, function: { arguments: piece } })).join('');
}

function closingOf({ calls = [], then, usage: used }: UpstreamScript): string {
  if (then.type === 'stall') return '';
  if (then.type === 'fail') return FAILED_STREAM[then.code] ?? '';
  return (
    finish(calls.length > 0 ? 'tool_calls' : then.finishReason) +
    (used === undefined ? '' : usage(used.inputTokens, used.outputTokens)) +
    done
  );
}

function write(bytes: string): UpstreamStep {
  return { type: 'write', bytes };
}
