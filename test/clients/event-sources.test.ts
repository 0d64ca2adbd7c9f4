import { EventStreamContentType, fetchEventSource } from '@microsoft/fetch-event-source';
import { expect } from 'chai';
import { EventSource } from 'eventsource';
import { ByteCuttingProxy } from '../support/byte-cutting-proxy.js';
import { forgivingLeaks } from '../support/leaking-clients.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';

const WORDS = Array.from({ length: 40 }, (_, index) => `wörd${index}\u{1f600}`).join(' ');
const KEY = { Authorization: `Bearer ${INTERNAL_KEY}` };
const RETRY_AT_ONCE = 1;

/** What fetch-event-source takes for granted. */
const PAGE = { window: globalThis, document: new EventTarget() };

describe('clients of server-sent events', () => {
  forgivingLeaks();
  let server: RuntimeServer;
  let proxy: ByteCuttingProxy;
  const random = new SeededRandom();
  before(async () => {
    Object.assign(globalThis, PAGE);
    server = await RuntimeServer.start();
    proxy = await ByteCuttingProxy.start(server.origin, () => 1500 + random.whole(6000));
  });
  after(async () => {
    await proxy.close();
    await server.close();
    for (const name of Object.keys(PAGE)) Reflect.deleteProperty(globalThis, name);
  });

  it('eventsource reads a run with the key in its own fetch', async () => {
    const { runId } = await server.converse(WORDS, 'one');
    const source = new EventSource(`${server.origin}/agent/runs/${runId}/stream`, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...KEY } }),
    });
    let text = '';
    await new Promise<void>((resolve) => {
      source.onmessage = ({ data }) => {
        if (data === '[DONE]') resolve();
        else text += JSON.parse(data).token;
      };
    });
    source.close();
    expect(text).to.equal(`${WORDS} `);
  });

  it('fetch-event-source sends a message, and has its answer once however it is cut', async () => {
    let [text, seen] = ['', ''];
    const ended = new AbortController();
    await fetchEventSource(`${proxy.origin}/agent/message/stream`, {
      method: 'POST',
      headers: { ...KEY, 'Content-Type': 'application/json', 'Idempotency-Key': 'once' },
      body: JSON.stringify({ session_id: 'two', type: 'user_message', content: WORDS }),
      signal: ended.signal,
      openWhenHidden: true,
      fetch: (input, init) => fetch(input, { ...init, headers: behind(init?.headers, seen) }),
      onopen: async (response) => {
        const isStream = response.headers.get('Content-Type')?.startsWith(EventStreamContentType) === true;
        if (response.status === 204) ended.abort();
        else if (!isStream) throw new Error(`refused: ${response.status}`);
      },
      onmessage: ({ id, data }) => {
        if (data === '[DONE]') ended.abort();
        else if (data !== '') {
          text += JSON.parse(data).token;
          seen = id;
        }
      },
      onerror: (error) => {
        if (String(error).includes('refused')) throw error;
        return RETRY_AT_ONCE;
      },
    });
    expect(text, `seed ${random.seed}`).to.equal(`${WORDS} `);
  });
});

/** It moves its own cursor when it has read an id, before the event of that is whole: one that is cut there would be
 *  lost. */
function behind(headers: ConstructorParameters<typeof Headers>[0], seen: string): Headers {
  const own = new Headers(headers);
  if (seen === '') own.delete('Last-Event-ID');
  else own.set('Last-Event-ID', seen);
  return own;
}
