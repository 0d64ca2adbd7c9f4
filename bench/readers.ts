import { get } from 'node:http';
import { INTERNAL_KEY } from '../test/support/runtime-server.js';

/** So many readers of one answer at once, in a process of their own: what they take is not the time of who measures. */
const [url = '', count = '1'] = process.argv.slice(2);
process.once('disconnect', () => process.exit(0));
process.once('message', () => void readAll());
process.send?.(0);

async function readAll(): Promise<void> {
  process.send?.(await Promise.all(Array.from({ length: Number(count) }, read)));
}

/** Resolves with how many bytes it was. Rejects where the answer breaks off. */
function read(): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { 'X-Internal-Auth': INTERNAL_KEY } }, (answer) => {
      let bytes = 0;
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      answer.once('end', () => resolve(bytes)).once('error', reject);
    });
    request.once('error', reject);
  });
}
