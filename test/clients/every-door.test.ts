import { expect } from 'chai';
import { echoScript } from '../../src/adapters/outbound/llm/mock/echo-script.js';
import { MockGateway, type MockStep } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';
import { RuntimeServer } from '../support/runtime-server.js';
import { batch, end, text } from '../support/scripted-model.js';
import { type DoorClient, doorClients } from './door-clients.js';

const DOORS = ['the native wire', 'Chat Completions', 'Responses', 'the AI SDK', 'AG-UI'] as const;
/** Those with a way to a run that is known by its id. */
const CAN_COME_BACK: ReadonlySet<string> = new Set(['the native wire', 'Responses', 'the AI SDK']);
const ASK = '/call weather {"city":"Paris"}\nWait.';
const PARIS = { city: 'Paris' };

describe('a session', () => {
  let server: RuntimeServer;
  let clients: Readonly<Record<string, DoorClient>>;
  let sessions = 0;
  let session = '';
  let prompt: readonly PromptMessage[] = [];
  let begun = Promise.withResolvers<void>();
  let gate = Promise.withResolvers<void>();

  before(async () => {
    const gateway = new MockGateway((given, tools) => {
      prompt = given.filter(({ role }) => role !== 'system');
      return prompt.at(-1)?.content === 'Slowly' ? slowly() : echoScript(0)(given, tools);
    });
    server = await RuntimeServer.start({ gateway });
    clients = await doorClients(server);
  });
  after(() => server.close());
  beforeEach(() => {
    sessions += 1;
    session = `session${sessions}`;
    begun = Promise.withResolvers();
    gate = Promise.withResolvers();
  });

  const client = (door: string): DoorClient => {
    const found = clients[door];
    if (found === undefined) throw new Error(`There is no ${door}.`);
    return found;
  };
  const history = async () => {
    const { messages } = JSON.parse((await server.get(`/agent/sessions/${session}/messages`)).text);
    return messages;
  };
  const lastRun = async (): Promise<string> => (await history()).at(-1).run_id;

  for (const first of DOORS) {
    for (const second of DOORS) {
      it(`that ${first} began is read by ${second}, and goes on there, calls and all`, async () => {
        const [one, other] = [client(first), client(second)];
        const plain = await one.ask(session, 'Plain');
        expect(plain).to.deep.equal({ text: 'Plain ', calls: [] });
        expect((await other.again?.(session, await lastRun())) ?? plain).to.deep.equal(plain);
        const asking = await one.ask(session, ASK);
        const [call] = asking.calls;
        expect(asking).to.deep.equal({ text: 'Wait. ', calls: [{ id: call?.id, name: 'weather', given: PARIS }] });
        expect((await other.again?.(session, await lastRun())) ?? asking).to.deep.equal(asking);
        const settled = await other.settle(session, call?.id ?? '', 'clear');
        expect(settled).to.deep.equal({ text: 'clear ', calls: [] });
        const again = (await one.again?.(session, await lastRun())) ?? settled;
        // A turn of two runs is one answer to some.
        expect(again).to.be.deep.oneOf([settled, { text: 'Wait. clear ', calls: asking.calls }]);
        expect((await other.ask(session, 'Thanks')).text).to.equal('Thanks ');
        expect((await one.ask(session, 'Bye')).text).to.equal('Bye ');
        const called = { role: 'assistant', content: 'Wait. ' };
        const said = [
          ...exchange('Plain'),
          { role: 'user', content: ASK },
          called,
          { role: 'tool', content: 'clear' },
          { role: 'assistant', content: 'clear ' },
          ...exchange('Thanks'),
          ...exchange('Bye'),
        ];
        expect(prompt.map(({ role, content }) => ({ role, content }))).to.deep.equal(said.slice(0, -1));
        const kept: { role: string; content: string; tool_calls?: readonly object[] }[] = await history();
        expect(kept.map(({ role, content }) => ({ role, content }))).to.deep.equal(said);
        expect(kept.flatMap(({ tool_calls = [] }) => tool_calls)).to.have.length(1);
      });
    }

    for (const second of DOORS.filter((door) => CAN_COME_BACK.has(door))) {
      it(`that ${first} writes to is read by ${second} meanwhile, and has one ending`, async () => {
        const asking = client(first).ask(session, 'Slowly');
        const reading = client(second).again?.(session, await written());
        gate.resolve();
        const [asked, read] = await Promise.all([asking, reading]);
        expect(asked.text).to.equal('One two');
        expect(read).to.deep.equal(asked);
      });

      it(`that ${first} writes to is stopped by ${second}, with what was written`, async () => {
        const asking = client(first)
          .ask(session, 'Slowly')
          .catch(() => undefined);
        const runId = await written();
        await client(second).stop?.(session, runId);
        await asking;
        expect((await server.get(`/agent/runs/${runId}`)).json).to.include({ status: 'cancelled' });
        expect((await history()).at(-1)).to.include({ content: 'One ', status: 'cancelled' });
      });
    }
  }

  /** The run that is written now, when it has said something. */
  async function written(): Promise<string> {
    await begun.promise;
    const { json } = await server.get(`/agent/sessions/${session}`);
    return String(json.active_run_id);
  }

  function* slowly(): Generator<MockStep> {
    yield batch({ type: 'reasoning', text: 'Hm' });
    yield text('One ');
    begun.resolve();
    yield { type: 'wait-for', promise: gate.promise };
    yield text('two');
    yield end();
  }
});

function exchange(said: string) {
  return [
    { role: 'user', content: said },
    { role: 'assistant', content: `${said} ` },
  ];
}
