import cluster from 'node:cluster';
import { createServer } from 'node:net';

/** Whether the workers listen each for itself. Where the system cannot share a port out among processes, the first one
 *  accepts for all, as Node does it; then a connection that it gives to a worker which dies at that moment is never
 *  answered. */
export const SYSTEM_SHARES_PORT = cluster.isWorker && process.platform === 'linux';

/** The port that workers can share: a free one where `port` is 0. Rejects where somebody listens there, another service
 *  of several workers included, which the system would let in. */
export function portToShare(port: number, host: string): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ port, host, exclusive: true }, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(found));
    });
  });
}
