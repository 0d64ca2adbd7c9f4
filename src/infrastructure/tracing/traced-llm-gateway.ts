import { type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CompletionPart, LlmGateway, Model, PromptMessage } from '../../application/ports/llm-gateway.js';
import { LlmError } from '../../domain/errors.js';
import { TRACER } from './tracer-name.js';

export interface TracedModel {
  readonly provider: string;
  readonly model: string;
}

/** Any gateway, with a span for each call of the model, named as OpenTelemetry's conventions for generative AI have it. No text is
 *  in it. What the gateway sends belongs to the span, so that the upstream's own spans do. */
export class TracedLlmGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly model: TracedModel,
  ) {}

  complete(prompt: readonly PromptMessage[], signal: AbortSignal): AsyncIterable<Parts> {
    return new TracedAnswer(this.gateway.complete(prompt, signal)[Symbol.asyncIterator](), this.model, signal);
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }
}

type Parts = readonly CompletionPart[];

class TracedAnswer implements AsyncIterable<Parts>, AsyncIterator<Parts, unknown, undefined> {
  private begun: { readonly span: Span; readonly context: Context } | undefined;
  private hasText = false;

  constructor(
    private readonly answer: AsyncIterator<Parts, unknown, undefined>,
    private readonly model: TracedModel,
    private readonly signal: AbortSignal,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Parts, unknown>> {
    this.begun ??= this.begin();
    const { span } = this.begun;
    try {
      const step = await context.with(this.begun.context, () => this.answer.next());
      if (step.done) span.end();
      else for (const part of step.value) this.tell(part, span);
      return step;
    } catch (error) {
      this.fail(error, span);
      throw error;
    }
  }

  /** The loop was left. */
  async return(): Promise<IteratorResult<Parts, unknown>> {
    await this.answer.return?.();
    this.begun?.span.end();
    return { done: true, value: undefined };
  }

  private begin() {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': this.model.provider,
      'gen_ai.request.model': this.model.model,
    };
    const span = trace.getTracer(TRACER).startSpan(`chat ${this.model.model}`, { kind: SpanKind.CLIENT, attributes });
    return { span, context: trace.setSpan(context.active(), span) };
  }

  private tell(part: CompletionPart, span: Span): void {
    if (part.type === 'text') this.tellFirst(span);
    else if (part.type === 'end') span.setAttribute('gen_ai.response.finish_reasons', [part.finishReason]);
    else if (part.type === 'usage') {
      const { inputTokens, outputTokens } = part.usage;
      span.setAttributes({ 'gen_ai.usage.input_tokens': inputTokens, 'gen_ai.usage.output_tokens': outputTokens });
    }
  }

  private tellFirst(span: Span): void {
    if (!this.hasText) span.addEvent('first token');
    this.hasText = true;
  }

  /** The code alone: what an error says may quote a message. */
  private fail(error: unknown, span: Span): void {
    const own = error instanceof LlmError ? error.code : 'run_failed';
    span.setAttribute('error.type', this.signal.aborted && !(error instanceof LlmError) ? 'stopped' : own);
    span.setStatus({ code: SpanStatusCode.ERROR }).end();
  }
}
