import { Worker } from 'node:worker_threads';
import type { TokenCounter } from '../../../application/ports/token-counter.js';
import { PIECE_CHARACTERS } from './text-pieces.js';

/** Counts with the tokenizer of OpenAI's newer models, in a thread of its own that begins with the first text. */
export class WorkerTokenCounter implements TokenCounter {
  readonly name = `o200k_base/${PIECE_CHARACTERS}`;
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, PromiseWithResolvers<number>>();
  private lastId = 0;

  count(text: string): Promise<number> {
    if (text === '') return Promise.resolve(0);
    this.lastId += 1;
    const job = { id: this.lastId, text };
    const counted = Promise.withResolvers<number>();
    this.waiting.set(job.id, counted);
    this.started().postMessage(job);
    return counted.promise;
  }

  /** It never keeps the process from ending. */
  private started(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL('./counting-worker.js', import.meta.url));
    worker.on('message', ({ id, count }: { id: number; count: number }) => {
      this.waiting.get(id)?.resolve(count);
      this.waiting.delete(id);
    });
    worker.on('error', (error) => this.failed(error));
    worker.unref();
    this.worker = worker;
    return worker;
  }

  /** The next text has a new thread. */
  private failed(error: unknown): void {
    this.worker = undefined;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
