import { expect } from 'chai';
import { expectProblem, problemPaths } from '../support/expect-problem.js';
import { FixedClock } from '../support/fixed-clock.js';
import { GatedGateway } from '../support/gated-gateway.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { within } from '../support/within.js';

const NEW_YEAR = '2026-01-01T00:00:00.000Z';

describe('sessions', () => {
  let clock: FixedClock;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    clock = new FixedClock();
    gateway = new GatedGateway();
    server = await RuntimeServer.start({ gateway, clock });
  });
  afterEach(() => server.close());

  /** One whole turn. */
  async function turn(session_id: string, answer = 'Hi'): Promise<string> {
    const number = gateway.calls.length + 1;
    const stream = await server.send({ session_id });
    (await gateway.call(number)).say(answer).end();
    await stream.ended();
    return stream.runId;
  }

  describe('GET /agent/sessions/{id}', () => {
    it('shows a session as it stands', async () => {
      await turn('demo');
      clock.advance(1000);
      const stream = await server.send();
      const busy = await server.get('/agent/sessions/demo');
      expect(busy.status).to.equal(200);
      expect(busy.headers['content-type']).to.match(/^application\/json/);
      expect(busy.json).to.deep.equal({
        session_id: 'demo',
        user_id: null,
        created_at: NEW_YEAR,
        updated_at: '2026-01-01T00:00:01.000Z',
        message_count: 3,
        status: 'running',
        active_run_id: stream.runId,
        title: 'Hello there',
        title_set: false,
        agent: 'default',
        metadata: {},
        preview: 'Hello there',
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
        open_calls: [],
      });
      (await gateway.call(2)).say('Hi').end();
      await stream.ended();
      expect((await server.get('/agent/sessions/demo')).json).to.include({ message_count: 4, active_run_id: null });
    });

    it('knows no session that was never written to', async () => {
      for (const path of ['', '/messages', '/stream']) {
        expectProblem(await server.get(`/agent/sessions/never${path}`), 404, 'session_not_found');
      }
      expectProblem(await server.delete('/agent/sessions/never'), 404, 'session_not_found');
    });

    for (const id of [
      '..%2f..',
      '%00',
      'a%0d%0ab',
      '%F0%9F%99%82',
      '__proto__',
      'constructor',
      '*',
      'x'.repeat(5000),
    ]) {
      it(`knows no session ${id.slice(0, 20)}`, async () => {
        expectProblem(await server.get(`/agent/sessions/${id}`), 404);
      });
    }
  });

  describe('GET /agent/sessions/{id}/messages', () => {
    it('gives the last ones, page by page, each exactly once', async () => {
      for (let index = 0; index < 3; index += 1) await turn('demo', `answer ${index}`);
      const all = (await server.get('/agent/sessions/demo/messages')).json.messages;
      const pages: unknown[] = [];
      let query: string | undefined = 'limit=4';
      while (query !== undefined) {
        const { status, json } = await server.get(`/agent/sessions/demo/messages?${query}`);
        // Without a page there is no end of pages either.
        expect(status).to.equal(200);
        pages.unshift(...(Array.isArray(json.messages) ? json.messages : []));
        query = json.next_before === null ? undefined : `limit=1&before=${json.next_before}`;
      }
      expect(pages).to.deep.equal(all).and.to.have.length(6);
      const before = await server.get(`/agent/sessions/demo/messages?before=${Object(pages[0]).id}`);
      expect(before.json).to.deep.equal({ messages: [], next_before: null });
    });

    it('refuses a page before a message that the session does not have', async () => {
      const run = await turn('demo');
      const other = await turn('other');
      for (const before of ['none', 'none.user', `${other}.user`, `${run}.system`, run, '', 'a&before=b']) {
        const answer = await server.get(`/agent/sessions/demo/messages?before=${before}`);
        expectProblem(answer, 422, 'invalid_request');
        expect(problemPaths(answer)).to.deep.equal(['before']);
      }
      for (const limit of ['0', '201', '-1', '1.5', 'x', ''])
        expectProblem(await server.get(`/agent/sessions/demo/messages?limit=${limit}`), 422, 'invalid_request');
      expectProblem(await server.get('/agent/sessions/never/messages?limit=1'), 404, 'session_not_found');
    });

    it('never changes the id of a message, while others come, wait and are taken back', async () => {
      const ids = async (query = ''): Promise<string[]> => {
        const { messages } = (await server.get(`/agent/sessions/demo/messages${query}`)).json;
        return Array.isArray(messages) ? messages.map(({ id }) => id) : [];
      };
      const first = await turn('demo');
      const running = await server.send();
      const waiting = await server.send({ on_busy: 'queue' });
      const before = await ids();
      expect(before).to.deep.equal([
        `${first}.user`,
        `${first}.assistant`,
        `${running.runId}.user`,
        `${waiting.runId}.user`,
      ]);
      (await gateway.call(2)).say('Hi').end();
      (await gateway.call(3)).say('Hi').end();
      await waiting.ended();
      expect((await ids()).filter((id) => before.includes(id))).to.deep.equal(before);
      expect(await ids('?limit=1')).to.deep.equal([`${waiting.runId}.assistant`]);
      const again = await server.send({ replaces: waiting.runId });
      (await gateway.call(4)).say('Hi').end();
      await again.ended();
      expect((await ids()).slice(0, 3)).to.deep.equal(before.slice(0, 3));
      expect(await ids(`?before=${again.runId}.user&limit=2`)).to.deep.equal([
        `${running.runId}.user`,
        `${running.runId}.assistant`,
      ]);
    });

    it('gives the messages in turn order', async () => {
      const run = await turn('demo', 'Good day');
      const both = { status: 'complete', run_id: run, created_at: NEW_YEAR };
      expect((await server.get('/agent/sessions/demo/messages')).json).to.deep.equal({
        messages: [
          { id: `${run}.user`, role: 'user', content: 'Hello there', ...both },
          { id: `${run}.assistant`, role: 'assistant', content: 'Good day', ...both },
        ],
      });
    });

    it('gives a history of many pages whole, and its head to who asks for that alone', async () => {
      const answer = 'x'.repeat(1_500_000);
      for (const name of ['a', 'b', 'c', 'd']) await turn('long', name + answer);
      const { status, json, text } = await server.get('/agent/sessions/long/messages');
      expect(status).to.equal(200);
      expect(Array.isArray(json.messages) && json.messages.map(({ content }) => content.slice(0, 2))).to.deep.equal(
        ['a', 'b', 'c', 'd'].flatMap((name) => ['He', `${name}x`]),
      );
      expect(text.length).to.be.greaterThan(4 * answer.length);
      const head = await server.call({ method: 'HEAD', path: '/agent/sessions/long/messages' });
      expect([head.status, head.text]).to.deep.equal([200, '']);
    });

    it('marks an answer that reached a limit as incomplete', async () => {
      const stream = await server.send();
      (await gateway.call()).say('Half').end('length');
      await stream.ended();
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages[1].status', 'incomplete');
    });

    it('shows the user message while its answer is being written', async () => {
      const stream = await server.send();
      (await gateway.call()).say('Not yet');
      await stream.received(1);
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json.messages).to.have.length(1);
    });
  });

  describe('GET /agent/sessions', () => {
    const ids = (json: Record<string, unknown>): unknown[] => {
      if (!Array.isArray(json.sessions)) throw new Error('No sessions');
      return json.sessions.map(({ session_id }) => session_id);
    };
    const nextPage = (json: Record<string, unknown>, limit: number) =>
      server.get(`/agent/sessions?limit=${limit}&cursor=${encodeURIComponent(String(json.next_cursor))}`);

    it('is empty at first', async () => {
      expect((await server.get('/agent/sessions')).json).to.deep.equal({ sessions: [], next_cursor: null });
    });

    it('gives every session once, newest first, page by page', async () => {
      for (let number = 1; number <= 7; number += 1) {
        await turn(`s${number}`);
        // Two at a time are equally new.
        if (number % 2 === 0) clock.advance(1000);
      }
      const first = await server.get('/agent/sessions?limit=3');
      const second = await nextPage(first.json, 3);
      const third = await nextPage(second.json, 3);
      const pages = [first, second, third].map(({ json }) => ids(json));
      expect(pages.map((page) => page.length)).to.deep.equal([3, 3, 1]);
      expect(pages.flat()).to.deep.equal(['s7', 's5', 's6', 's3', 's4', 's1', 's2']);
      expect(third.json.next_cursor).to.equal(null);
    });

    it('skips and repeats nothing when sessions come and go between the pages', async () => {
      for (const id of ['a', 'b', 'c', 'd']) {
        await turn(id);
        clock.advance(1000);
      }
      const first = await server.get('/agent/sessions?limit=2');
      await turn('later');
      await turn('a');
      await server.delete('/agent/sessions/c');
      expect(ids(first.json)).to.deep.equal(['d', 'c']);
      const second = await nextPage(first.json, 2);
      expect(ids(second.json)).to.deep.equal(['b', 'a']);
      expect(second.json.next_cursor).to.equal(null);
    });

    it('ends with null when the last page is just full', async () => {
      await turn('a');
      await turn('b');
      expect((await server.get('/agent/sessions?limit=2')).json.next_cursor).to.equal(null);
    });

    for (const query of ['limit=0', 'limit=201', 'limit=-1', 'limit=1.5', 'limit=', 'limit=ten', 'limit=1&limit=2']) {
      it(`refuses ?${query}`, async () => {
        const answer = await server.get(`/agent/sessions?${query}`);
        expectProblem(answer, 422, 'invalid_request');
        expect(problemPaths(answer)).to.deep.equal(['limit']);
      });
    }

    for (const cursor of ['', 'x', '%F0%9F%99%82', 'MTc2NzIyNTYwMDAwMA', 'LTEgYQ', 'MWU5OTkgYQ', 'x'.repeat(4000)]) {
      it(`refuses the cursor ${JSON.stringify(cursor.slice(0, 20))}`, async () => {
        const answer = await server.get(`/agent/sessions?cursor=${cursor}`);
        expectProblem(answer, 422, 'invalid_request');
        expect(problemPaths(answer)).to.deep.equal(['cursor']);
      });
    }
  });

  describe('DELETE /agent/sessions/{id}', () => {
    it('forgets the session, its messages and its runs', async () => {
      const run = await turn('demo');
      const answer = await server.delete('/agent/sessions/demo');
      expect(answer.status).to.equal(204);
      expect(answer.text).to.equal('');
      expectProblem(await server.get('/agent/sessions/demo'), 404, 'session_not_found');
      expectProblem(await server.get('/agent/sessions/demo/messages'), 404, 'session_not_found');
      expectProblem(await server.get(`/agent/runs/${run}`), 404, 'run_not_found');
      expectProblem(await server.get(`/agent/runs/${run}/stream`), 404, 'run_not_found');
      expectProblem(await server.post(`/agent/runs/${run}/cancel`), 404, 'run_not_found');
      expectProblem(await server.delete('/agent/sessions/demo'), 404, 'session_not_found');
    });

    it('ends the stream of a running session cancelled, and lets the upstream go', async () => {
      const stream = await server.send();
      const call = await gateway.call();
      call.say('Half');
      await stream.received(1);
      expect((await server.delete('/agent/sessions/demo')).status).to.equal(204);
      await within(1000, Promise.all([stream.ended(), call.released]));
      expect(stream.isWhole).to.equal(true);
      expect(stream.finishReason).to.equal('cancelled');
      expect(stream.frames.at(-1)?.data).to.equal('[DONE]');
      expectProblem(await server.get(`/agent/runs/${stream.runId}`), 404, 'run_not_found');
    });

    it('ends the queued runs too', async () => {
      await server.send();
      await gateway.call();
      const queued = await server.send({ on_busy: 'queue' });
      await server.delete('/agent/sessions/demo');
      await queued.ended();
      expect(queued.payloads).to.deep.equal([
        { token: '', is_final: true, type: 'assistant_message', finish_reason: 'cancelled' },
      ]);
      expectProblem(await server.get(`/agent/runs/${queued.runId}`), 404, 'run_not_found');
      expect(gateway.calls).to.have.length(1);
    });

    it('lets the same id start fresh, and nothing late attaches to it', async () => {
      await server.send({ content: 'Old' });
      const call = await gateway.call(1);
      await server.delete('/agent/sessions/demo');
      const fresh = await server.send({ content: 'New' });
      call.say('late').end();
      const second = await gateway.call(2);
      expect(second.prompt.slice(1)).to.deep.equal([{ role: 'user', content: 'New' }]);
      second.say('Hi').end();
      await fresh.ended();
      const { json } = await server.get('/agent/sessions/demo/messages');
      expect(json).to.have.nested.property('messages.length', 2);
      expect(json).to.have.nested.property('messages[1].content', 'Hi');
    });
  });

  it('forgets a session that nobody used for a day', async () => {
    await turn('demo');
    clock.advance(24 * 60 * 60 * 1000);
    expectProblem(await server.get('/agent/sessions/demo'), 404, 'session_not_found');
  });

  it('treats names that objects inherit like any other', async () => {
    for (const id of ['constructor', 'toString', 'hasOwnProperty']) {
      await turn(id);
      expect((await server.get(`/agent/sessions/${id}`)).json).to.include({ session_id: id, message_count: 2 });
    }
  });
});
