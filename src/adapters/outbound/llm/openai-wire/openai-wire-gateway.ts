import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import type { HttpResponse, HttpTransport } from './http-transport.js';
import { mapModels } from './map-models.js';
import { mapRequest } from './map-request.js';
import { readBody } from './read-body.js';
import { readStreamedAnswer } from './streamed-answer.js';
import { readWholeAnswer } from './whole-answer.js';

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

type Parts = readonly CompletionPart[];
type Batches = AsyncGenerator<Parts, void, undefined>;

/** Any upstream that speaks OpenAI's chat completions. An abort makes its connection fail in many ways; whatever they were,
 *  what is thrown is the signal's reason. */
export class OpenAiWireGateway implements LlmGateway {
  constructor(
    private readonly options: OpenAiWireOptions,
    private readonly transport: HttpTransport,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AskedAnswer {
    return new AskedAnswer(() => this.ask(prompt, signal), signal);
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

  private async ask(prompt: readonly PromptMessage[], signal: AbortSignal): Promise<Batches> {
    const { completionsUrl: url, model } = this.options;
    const headers = { ...this.options.headers, 'Content-Type': 'application/json', Accept: 'text/event-stream' };
    const request = { method: 'POST', url, headers, body: mapRequest(model, prompt) } as const;
    return readAnswer(await this.transport.send(request, signal), signal);
  }
}

/** Asked for when the first batch is. No generator, for every token passes here. */
class AskedAnswer implements AsyncIterable<Parts>, AsyncIterator<Parts, unknown, undefined> {
  private batches: Batches | undefined;

  constructor(
    private readonly ask: () => Promise<Batches>,
    private readonly signal: AbortSignal,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Parts, unknown>> {
    return this.batches === undefined ? this.begin() : this.batches.next();
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    await this.batches?.return();
    return { done: true, value: undefined };
  }

  private async begin(): Promise<IteratorResult<Parts, unknown>> {
    try {
      this.batches = await this.ask();
      return await this.batches.next();
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error;
    }
  }
}

/** Servers that do not stream answer with one JSON document; every type that may hold events is read as events. */
async function readAnswer(response: HttpResponse, signal: AbortSignal): Promise<Batches> {
  const { mediaType, body } = response;
  if (JSON_TYPE.test(mediaType)) return readWholeAnswer(response);
  if (HTML_TYPE.test(mediaType)) {
    body.destroy();
    throw new LlmError('upstream_protocol', { detail: `a page of type ${mediaType}` });
  }
  return readStreamedAnswer(response, signal);
}

const JSON_TYPE = /^(application|text)\/([\w.-]+\+)?json$/;
const HTML_TYPE = /^(text\/html|application\/xhtml\+xml)$/;
