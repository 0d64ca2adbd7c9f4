import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

const ROUNDS = 12;
/** Longer than an answer of the mock, so that a deletion meets every part of it. */
const LONGEST_DELAY = 25;

for (const [name, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`a message whose session is deleted at once, on the ${name} store`, function () {
    this.timeout(60_000);
    let first: RuntimeServer;
    /** With a store that is shared, another process. */
    let second: RuntimeServer;

    beforeEach(async () => {
      const settings = { ...(await newStore()), MOCK_DELAY_MS: '4' };
      first = await RuntimeServer.start({ settings });
      second = Object.hasOwn(SHARED_STORES, name) ? await RuntimeServer.start({ settings }) : first;
      for (const replica of [first, second]) while ((await replica.get('/health/ready')).status !== 200);
    });
    afterEach(async () => {
      await Promise.all([...new Set([first, second])].map((replica) => replica.close()));
    });

    /** As soon as the session is there; the answer's writer is the one or the other. */
    async function deleteSoon(sessionId: string, milliseconds: number): Promise<void> {
      await delay(milliseconds);
      while ((await second.delete(`/agent/sessions/${sessionId}`)).status !== 204);
    }

    it(`has a stream that comes to its ending, ${ROUNDS} times at any moment`, async () => {
      const random = new SeededRandom();
      for (let round = 0; round < ROUNDS; round += 1) {
        const session_id = `stream-${round}`;
        const deleting = deleteSoon(session_id, random.whole(LONGEST_DELAY));
        const stream = await first.send({ session_id });
        await stream.ended();
        expect(stream.finishReason, `seed ${random.seed}, round ${round}`).to.be.oneOf(['cancelled', 'stop']);
        await deleting;
      }
    });

    it(`has a whole answer, ${ROUNDS} times at any moment`, async () => {
      const random = new SeededRandom();
      for (let round = 0; round < ROUNDS; round += 1) {
        const session_id = `whole-${round}`;
        const deleting = deleteSoon(session_id, random.whole(LONGEST_DELAY));
        const { status, json } = await first.post('/agent/message', aMessage({ session_id }));
        expect(status, `seed ${random.seed}, round ${round}`).to.equal(200);
        expect(json.finish_reason).to.be.oneOf(['cancelled', 'stop']);
        await deleting;
      }
    });

    it('has an ending for each message of its queue, and for each that was sent again', async () => {
      const random = new SeededRandom();
      for (let round = 0; round < ROUNDS / 2; round += 1) {
        const session_id = `queue-${round}`;
        const fields = { session_id, on_busy: 'queue' };
        const sent = ['a', 'a', 'b', 'c'].map((key, index) =>
          (index % 2 === 0 ? first : second).send({ ...fields, content: key }, { 'Idempotency-Key': key }),
        );
        const deleting = deleteSoon(session_id, random.whole(LONGEST_DELAY));
        for (const stream of await Promise.all(sent)) {
          await stream.ended();
          expect(stream.finishReason, `seed ${random.seed}, round ${round}`).to.be.oneOf(['cancelled', 'stop']);
        }
        await deleting;
      }
    });
  });
}
