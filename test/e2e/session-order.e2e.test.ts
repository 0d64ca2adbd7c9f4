import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { aMessage, RuntimeServer } from '../support/runtime-server.js';
import { EMBEDDED_STORES, SHARED_STORES } from '../support/shared-stores.js';

for (const [name, newStore] of Object.entries({ ...EMBEDDED_STORES, ...SHARED_STORES })) {
  describe(`the orders of sessions on the ${name} store`, function () {
    this.timeout(60_000);
    let server: RuntimeServer;

    before(async () => {
      server = await RuntimeServer.start({ settings: await newStore() });
    });
    after(() => server.close());

    async function say(session_id: string, owner: string): Promise<void> {
      const answer = await server.post('/agent/message', aMessage({ session_id }), { 'X-User-Id': owner });
      expect(answer.status).to.equal(200);
    }

    async function page(query: string, owner: string, path = '/agent/sessions') {
      const answer = await server.get(`${path}?${query}`, { 'X-User-Id': owner });
      expect(answer.status).to.equal(200);
      const { sessions, next_cursor } = JSON.parse(answer.text);
      return { ids: sessions.map((one: Record<string, unknown>) => one.session_id), cursor: next_cursor };
    }

    it('pages by the last update as it stood at the first page, while sessions change, come and go', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (const id of [...ids, 'b']) await say(id, 'ann');
      const first = await page('order=updated&limit=2', 'ann');
      expect(first.ids).to.deep.equal(['b', 'f']);
      for (const id of ['a', 'c', 'c', 'f', 'new']) await say(id, 'ann');
      await server.call({ method: 'DELETE', path: '/agent/sessions/d', headers: { 'X-User-Id': 'ann' } });
      const second = await page(`order=updated&limit=2&cursor=${first.cursor}`, 'ann');
      expect(second.ids).to.deep.equal(['e', 'c']);
      await say('e', 'ann');
      const third = await page(`order=updated&limit=2&cursor=${second.cursor}`, 'ann');
      expect(third).to.deep.equal({ ids: ['a'], cursor: null });
      expect((await page('order=updated', 'ann')).ids).to.deep.equal(['e', 'new', 'f', 'c', 'a', 'b']);
      expect((await page('order=updated', 'ann', '/sessions')).ids).to.deep.equal(['e', 'new', 'f', 'c', 'a', 'b']);
      expect((await page('', 'ann')).ids).to.deep.equal((await page('order=created', 'ann')).ids);
      expect((await page('', 'ann')).ids).to.deep.equal(['new', 'f', 'e', 'c', 'b', 'a']);
    });

    it('refuses an order that there is not, and the cursor of another one', async () => {
      for (const id of ['a', 'b', 'c']) await say(id, 'bea');
      const cursors = {
        created: (await page('limit=1', 'bea')).cursor,
        updated: (await page('order=updated&limit=1', 'bea')).cursor,
      };
      for (const [query, path] of [
        ['order=other', 'order'],
        ['order=', 'order'],
        ['order=updated&order=updated', 'order'],
        [`cursor=${cursors.updated}`, 'cursor'],
        [`order=created&cursor=${cursors.updated}`, 'cursor'],
        [`order=updated&cursor=${cursors.created}`, 'cursor'],
        ['order=updated&cursor=x', 'cursor'],
        ['order=updated&cursor=', 'cursor'],
      ]) {
        const answer = await server.get(`/agent/sessions?${query}`, { 'X-User-Id': 'bea' });
        expectProblem(answer, 422, 'invalid_request');
        expect(problemPaths(answer), query).to.deep.equal([path]);
      }
    });
  });
}
