import type { CompletionRequest, LlmGateway, Model, TakeParts } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { type Extra, ExtrasRefused } from './extras-refused.js';
import { handOverAnswer } from './hand-over-answer.js';
import type { HttpResponse, HttpTransport } from './http-transport.js';
import { mapModels } from './map-models.js';
import { mapRequest } from './map-request.js';
import { givesBack } from './provider-data.js';
import { readBody } from './read-body.js';

export interface OpenAiWireOptions {
  readonly completionsUrl: string;
  readonly modelsUrl: string;
  /** Sent with every request: the key, in the form the upstream wants it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether to ask for the usage; what the upstream refuses once is not asked for again. */
  readonly streamUsage?: boolean;
  /** Whose the models are, where the upstream does not say. */
  readonly provider: string;
}

/** A list is asked for by somebody who waits for it. */
const MODELS_MS = 10_000;

/** Any upstream that speaks OpenAI's chat completions. An abort makes its connection fail in many ways; whatever they
 *  were, what is thrown is the signal's reason. */
export class OpenAiWireGateway implements LlmGateway {
  private asksUsage: boolean;
  /** Models that refuse what they sent themselves. */
  private readonly takeNothingBack = new Set<string>();

  constructor(
    private readonly options: OpenAiWireOptions,
    private readonly transport: HttpTransport,
  ) {
    this.asksUsage = options.streamUsage ?? true;
  }

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const call = { request, signal, take, extras: this.extrasOf(request) };
    if (call.extras.length === 0) return this.answer(call);
    let hasBegun = false;
    const noting: TakeParts = (parts) => {
      hasBegun = true;
      return take(parts);
    };
    try {
      await this.answer({ ...call, take: noting });
    } catch (error) {
      const refused = hasBegun ? [] : refusedIn(error).filter((extra) => call.extras.includes(extra));
      if (refused.length === 0) throw error;
      this.leaveOut(refused, request.model);
      await this.complete(request, signal, take);
    }
  }

  /** What goes with a request, where the upstream has not refused it before. */
  private extrasOf({ prompt, model }: CompletionRequest): readonly Extra[] {
    const usage = this.asksUsage ? (['stream_options'] as const) : [];
    const isGivenBack = !this.takeNothingBack.has(model) && givesBack(prompt, model);
    return isGivenBack ? [...usage, 'provider_data'] : usage;
  }

  private leaveOut(refused: readonly Extra[], model: string): void {
    if (refused.includes('stream_options')) this.asksUsage = false;
    if (refused.includes('provider_data')) this.takeNothingBack.add(model);
  }

  async listModels(signal: AbortSignal): Promise<readonly Model[]> {
    const { modelsUrl: url, provider } = this.options;
    const headers = { ...this.options.headers, Accept: 'application/json' };
    const tooLong = AbortSignal.timeout(MODELS_MS);
    try {
      const { body } = await this.transport.send({ method: 'GET', url, headers }, AbortSignal.any([signal, tooLong]));
      return mapModels(await readBody(body), provider);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw placed(tooLong.aborted ? new LlmError('upstream_timeout') : error, url);
    }
  }

  private async answer(call: Call): Promise<void> {
    const { signal, take, request } = call;
    const offered = new Set(request.tools?.map(({ name }) => name));
    let response: HttpResponse | undefined;
    try {
      signal.throwIfAborted();
      response = await this.ask(call);
      await handOverAnswer(response, signal, take, offered, request.model);
    } catch (error) {
      throw placed(signal.aborted ? signal.reason : error, this.options.completionsUrl, response?.status);
    }
  }

  private ask({ request, signal, extras }: Call): Promise<HttpResponse> {
    const { completionsUrl: url } = this.options;
    const headers = { ...this.options.headers, 'Content-Type': 'application/json', Accept: 'text/event-stream' };
    return this.transport.send({ method: 'POST', url, headers, body: mapRequest(request, extras) }, signal);
  }
}

interface Call {
  readonly request: CompletionRequest;
  readonly signal: AbortSignal;
  readonly take: TakeParts;
  readonly extras: readonly Extra[];
}

function refusedIn(error: unknown): readonly Extra[] {
  return error instanceof LlmError && error.cause instanceof ExtrasRefused ? error.cause.extras : [];
}

/** The error with what the log is to tell of the upstream: no query and no user of its address. */
function placed(error: unknown, url: string, answered?: number): unknown {
  if (!(error instanceof LlmError)) return error;
  const { host, pathname } = new URL(url);
  const { code, detail, retryAfterMs, cause, status = answered } = error;
  return new LlmError(code, { detail, retryAfterMs, cause, status, address: `${host}${pathname}` });
}
