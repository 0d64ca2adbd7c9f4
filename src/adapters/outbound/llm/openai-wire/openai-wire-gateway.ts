import type { LlmGateway, Model, PromptMessage, TakeParts } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { handOverAnswer } from './hand-over-answer.js';
import type { HttpResponse, HttpTransport } from './http-transport.js';
import { mapModels } from './map-models.js';
import { mapRequest } from './map-request.js';
import { readBody } from './read-body.js';

export interface OpenAiWireOptions {
  readonly model: string;
  readonly completionsUrl: string;
  readonly modelsUrl: string;
  /** Sent with every request: the key, in the form the upstream wants it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whose the models are, where the upstream does not say. */
  readonly provider: string;
}

/** A list is asked for by somebody who waits for it. */
const MODELS_MS = 10_000;

/** Any upstream that speaks OpenAI's chat completions. An abort makes its connection fail in many ways; whatever they were,
 *  what is thrown is the signal's reason. */
export class OpenAiWireGateway implements LlmGateway {
  constructor(
    private readonly options: OpenAiWireOptions,
    private readonly transport: HttpTransport,
  ) {}

  async complete(prompt: readonly PromptMessage[], signal: AbortSignal, take: TakeParts): Promise<void> {
    try {
      signal.throwIfAborted();
      await handOverAnswer(await this.ask(prompt, signal), signal, take);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
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
      throw tooLong.aborted ? new LlmError('upstream_timeout') : error;
    }
  }

  private ask(prompt: readonly PromptMessage[], signal: AbortSignal): Promise<HttpResponse> {
    const { completionsUrl: url, model } = this.options;
    const headers = { ...this.options.headers, 'Content-Type': 'application/json', Accept: 'text/event-stream' };
    return this.transport.send({ method: 'POST', url, headers, body: mapRequest(model, prompt) }, signal);
  }
}
