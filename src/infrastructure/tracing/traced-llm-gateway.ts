import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type {
  CompletionPart,
  CompletionRequest,
  LlmGateway,
  Model,
  TakeParts,
} from '../../application/ports/llm-gateway.js';
import { LlmError } from '../../domain/errors.js';
import type { Usage } from '../../domain/run.js';
import { TRACER } from './tracer-name.js';

/** Any gateway, with a span for each call of the model, named as OpenTelemetry's conventions for generative AI have it.
 *  No text is in it. What the gateway sends belongs to the span, so that the upstream's own spans do. */
export class TracedLlmGateway implements LlmGateway {
  constructor(
    private readonly gateway: LlmGateway,
    private readonly provider: string,
  ) {}

  async complete(request: CompletionRequest, signal: AbortSignal, take: TakeParts): Promise<void> {
    const call = new CallSpan(this.begin(request.model));
    const tell: TakeParts = (parts) => {
      call.tell(parts);
      return take(parts);
    };
    try {
      await context.with(call.context, () => this.gateway.complete(request, signal, tell));
    } catch (error) {
      call.fail(error, signal);
      throw error;
    } finally {
      call.end();
    }
  }

  listModels(signal: AbortSignal): Promise<readonly Model[]> {
    return this.gateway.listModels(signal);
  }

  private begin(model: string): Span {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': this.provider,
      'gen_ai.request.model': model,
    };
    return trace.getTracer(TRACER).startSpan(`chat ${model}`, { kind: SpanKind.CLIENT, attributes });
  }
}

class CallSpan {
  readonly context;
  private hasText = false;
  private hasCalls = false;

  constructor(private readonly span: Span) {
    this.context = trace.setSpan(context.active(), span);
  }

  tell(parts: readonly CompletionPart[]): void {
    for (const part of parts) this.tellPart(part);
  }

  /** The code alone: what an error says may quote a message. */
  fail(error: unknown, signal: AbortSignal): void {
    const own = error instanceof LlmError ? error.code : 'run_failed';
    this.span.setAttribute('error.type', signal.aborted && !(error instanceof LlmError) ? 'stopped' : own);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.span.end();
  }

  private tellPart(part: CompletionPart): void {
    if (part.type === 'text') this.tellFirst();
    else if (part.type === 'call') this.hasCalls = true;
    else if (part.type === 'usage') this.tellUsage(part.usage);
    else if (part.type === 'end') this.tellEnd(part.finishReason);
  }

  private tellUsage({ inputTokens, outputTokens }: Usage): void {
    this.span.setAttributes({ 'gen_ai.usage.input_tokens': inputTokens, 'gen_ai.usage.output_tokens': outputTokens });
  }

  private tellEnd(finishReason: string): void {
    this.span.setAttribute('gen_ai.response.finish_reasons', [this.hasCalls ? 'tool_calls' : finishReason]);
  }

  private tellFirst(): void {
    if (!this.hasText) this.span.addEvent('first token');
    this.hasText = true;
  }
}
