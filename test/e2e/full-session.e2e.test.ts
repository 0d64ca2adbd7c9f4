import { expect } from 'chai';
import { expectProblem } from '../support/expect-problem.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const STREAM = '/agent/message/stream';
const NEARLY_HALF = 'x'.repeat(510_000);

for (const [store, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`a session that is full (${store})`, () => {
    let server: RuntimeServer;

    beforeEach(async () => {
      const settings = { ...(await newStore()), MAX_SESSION_MB: '1', BODY_LIMIT: '4000000' };
      server = await RuntimeServer.start({ settings });
    });
    afterEach(() => server.close());

    it('takes no further message, stores nothing of it, and says what helps', async () => {
      await server.converse(NEARLY_HALF);
      for (const path of [STREAM, '/agent/message'])
        expectProblem(await server.post(path, aMessage({ content: NEARLY_HALF })), 413, 'session_full');
      const { json } = await server.post(STREAM, aMessage({ content: NEARLY_HALF }));
      expect(json.detail)
        .to.contain('1 MB')
        .and.to.match(/new session.*DELETE.*replaces/);
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 2, active_run_id: null });
      expect((await server.converse('still fits')).text).to.contain('still fits');
    });

    it('has room again when a turn is taken back, and when it is deleted', async () => {
      const { runId } = await server.converse(NEARLY_HALF);
      const again = await server.send({ content: NEARLY_HALF, replaces: runId });
      await again.ended();
      expectProblem(await server.post(STREAM, aMessage({ content: NEARLY_HALF })), 413, 'session_full');
      await server.delete('/agent/sessions/demo');
      await server.converse(NEARLY_HALF);
    });
  });
}
