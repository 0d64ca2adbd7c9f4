import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import type { Metrics } from './metrics.js';

const wantedSchema = z.object({ type: z.literal('agent-runtime:metrics-wanted'), id: z.string() });
const toldSchema = z.object({
  type: z.literal('agent-runtime:metrics-told'),
  id: z.string(),
  text: z.string().optional(),
});

type Wanted = z.infer<typeof wantedSchema>;
type Told = z.infer<typeof toldSchema>;

/** The metrics of all workers together, whichever of them is asked: the first process adds them up. */
export function metricsOfAll(metrics: Metrics): () => Promise<string> {
  if (!cluster.isWorker) return () => metrics.render();
  metrics.shareWithWorkers();
  return askFirstProcess;
}

/** In the first process: answers its workers. A worker that says nothing for 5 s is waited for no longer, and nothing
 *  is told. */
export function answerForMetrics(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', async (worker, message) => {
    const { data } = wantedSchema.safeParse(message);
    if (data === undefined) return;
    const text = await all.clusterMetrics().catch(() => undefined);
    const told: Told = { type: 'agent-runtime:metrics-told', id: data.id, text };
    if (worker.isConnected()) worker.send(told);
  });
}

function askFirstProcess(): Promise<string> {
  const wanted: Wanted = { type: 'agent-runtime:metrics-wanted', id: randomUUID() };
  return new Promise((resolve, reject) => {
    const hear = (message: unknown): void => {
      const { data } = toldSchema.safeParse(message);
      if (data?.id !== wanted.id) return;
      process.off('message', hear);
      if (data.text === undefined) reject(new Error('A worker has not told its metrics.'));
      else resolve(data.text);
    };
    process.on('message', hear);
    process.send?.(wanted);
  });
}
