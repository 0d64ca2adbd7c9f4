import type { CompletionPart } from '../../../application/ports/llm-gateway.js';

/** Whether a part shows that the model is at work: the first one is what is called the first token. */
export function isToken({ type }: CompletionPart): boolean {
  return type === 'text' || type === 'reasoning' || type === 'call-arguments' || type === 'call';
}
