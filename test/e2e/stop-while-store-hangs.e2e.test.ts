import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { within } from '../support/within.js';

const GRACE_S = 1;
/** What the operator's guide promises beyond the grace, and what a process takes beside that to hear and to end. */
const PROMISED_MILLISECONDS = 5000 + 2000;

for (const [store, startServer] of Object.entries({
  Redis: () => RedisServer.start(),
  Postgres: () => PostgresServer.start(),
}))
  describe(`a replica whose store hangs (${store})`, function () {
    this.timeout(60_000);

    it('stops in time all the same, with runs and readers that can come to no end', async () => {
      const server = await startServer();
      const service = await ServiceProcess.start(tmpdir(), {
        STORE_URL: server.url,
        SHUTDOWN_GRACE_S: `${GRACE_S}`,
        MOCK_DELAY_MS: '300',
      });
      try {
        const streams = await Promise.all(
          Array.from({ length: 3 }, (_, index) =>
            service.send({ session_id: `s${index}`, content: 'word '.repeat(100) }),
          ),
        );
        await Promise.all(streams.map((stream) => stream.received(2)));
        server.freeze();
        const exitCode = await within(GRACE_S * 1000 + PROMISED_MILLISECONDS, service.kill('SIGTERM'));
        expect(exitCode).to.equal(0);
      } finally {
        await service.kill();
        server.thaw();
        await server.close();
      }
    });
  });
