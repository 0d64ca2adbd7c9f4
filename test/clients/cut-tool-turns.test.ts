import { expect } from 'chai';
import type OpenAI from 'openai';
import { echoScript } from '../../src/adapters/outbound/llm/mock/echo-script.js';
import { MockGateway } from '../../src/adapters/outbound/llm/mock/mock-gateway.js';
import { ByteCuttingProxy } from '../support/byte-cutting-proxy.js';
import { forgivingLeaks } from '../support/leaking-clients.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { SeededRandom } from '../support/seeded-random.js';
import { until } from '../support/until.js';
import { AGENT_VERSIONS, TestAgent } from './ag-ui-agents.js';
import { NO_MESSAGE, textIn } from './chat-server.js';
import { OPENAI_PACKAGES, openAiClient } from './openai-client.js';
import { PLAIN_CHATS } from './plain-chats.js';

const ROUNDS = 3;
/** Of one turn; then the network is good. */
const MOST_CUTS = 7;
const WORDS = 'plain né 中文 \u{1f600}\u{1f469}\u200d\u{1f680} \u2028 "quoted" \\ '.repeat(8).trim();
const GIVEN = { city: 'Paris 中 "\u{1f600}"', note: 'n'.repeat(300) };
const ASK = `/call weather ${JSON.stringify(GIVEN)}\n${WORDS}`;
const RESULT = `clear ${WORDS}`;
/** As the model says it again. */
const spoken = (words: string) => `${words.split(/\s+/).join(' ')} `;
const WEATHER = { name: 'weather', description: 'Tells it', parameters: { type: 'object' } };
const NESTED = { type: 'function', function: WEATHER } as const;
const FLAT = { type: 'function', strict: false, ...WEATHER } as const;

describe('a turn with a tool, cut at random bytes', () => {
  forgivingLeaks();
  const random = new SeededRandom();
  let server: RuntimeServer;
  let proxy: ByteCuttingProxy;
  let cutsLeft = 0;
  let session = '';
  let sessions = 0;
  let asked = 0;
  let cuts = 0;

  before(async () => {
    const gateway = new MockGateway((prompt, tools) => {
      asked += 1;
      return echoScript(0)(prompt, tools);
    });
    server = await RuntimeServer.start({ gateway });
  });
  after(async () => {
    await server.close();
    process.stdout.write(`      ${cuts} random cuts, seed ${random.seed}\n`);
  });

  function nextLimit(): number {
    cutsLeft -= 1;
    return cutsLeft >= 0 ? 200 + random.whole(6000) : Number.POSITIVE_INFINITY;
  }

  /** Some turns, each in a session of its own, and what the service has of each then. */
  const forSome = async (turn: () => Promise<void>, asksAgain = false) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      sessions += 1;
      session = `session${sessions}`;
      cutsLeft = MOST_CUTS;
      asked = 0;
      // Connections that are kept for the next turn would be uncut there.
      proxy = await ByteCuttingProxy.start(server.origin, nextLimit);
      await turn();
      await proxy.close();
      cuts += proxy.cuts;
      if (!asksAgain) expect(asked, 'how often the model was asked').to.equal(2);
      const { messages } = JSON.parse((await server.get(`/agent/sessions/${session}/messages`)).text);
      const kept = messages.map(({ role, content }: { role: string; content: string }) => [role, content]);
      expect(kept, `seed ${random.seed}`).to.deep.equal([
        ['user', ASK],
        ['assistant', spoken(WORDS)],
        ['tool', RESULT],
        ['assistant', spoken(RESULT)],
      ]);
      expect(messages[1].tool_calls).to.have.length(1);
      expect(messages[1].tool_calls[0].arguments).to.deep.equal(GIVEN);
    }
  };

  for (const [major, newChat] of Object.entries(PLAIN_CHATS)) {
    it(`is shown once by a page of ${major}, with its call and its result once`, () =>
      forSome(async () => {
        const chat = newChat({
          api: `${proxy.origin}/ai/chat`,
          headers: { Authorization: `Bearer ${INTERNAL_KEY}` },
          id: session,
          body: { tools: [NESTED] },
          namesLast: true,
          runs: () => RESULT,
        });
        const answer = () => chat.messages.at(-1) ?? NO_MESSAGE;
        const isWhole = () => chat.status === 'ready' && textIn(answer()).endsWith(spoken(RESULT));
        await chat.sendMessage({ text: ASK });
        while (!isWhole()) {
          await until(() => chat.status === 'error' || isWhole());
          if (chat.status !== 'error') break;
          await (answer().role === 'assistant' ? chat.resumeStream() : chat.regenerate());
        }
        expect(textIn(answer()), `seed ${random.seed}`).to.equal(spoken(WORDS) + spoken(RESULT));
        const calls = answer().parts.filter(({ type }) => type === 'tool-weather');
        expect(calls, `seed ${random.seed}`).to.have.length(1);
        expect(calls[0]).to.deep.include({ state: 'output-available', input: GIVEN, output: RESULT });
        // A page that has not heard that its message came asks again, in place of it.
      }, true)).timeout(60_000);
  }

  for (const version of Object.keys(AGENT_VERSIONS)) {
    it(`is told once to AG-UI ${version}, with its call and its result once`, () =>
      forSome(async () => {
        const runs = async (agent: TestAgent, runId: string) => {
          do await agent.run({ runId, tools: [WEATHER], forwardedProps: { on_disconnect: 'continue' } });
          while (agent.failure !== undefined);
        };
        const converse = async (origin: string) => {
          const agent = TestAgent.of(version, origin, session).say(ASK);
          await runs(agent, 'one');
          const [call] = agent.messages.flatMap(({ toolCalls = [] }) => toolCalls);
          await runs(agent.tell(call?.id ?? '', RESULT), 'two');
          return agent.messages;
        };
        const cut = await converse(proxy.origin);
        expect(cut, `seed ${random.seed}`).to.deep.equal(await converse(server.origin));
        const calls = cut.flatMap(({ toolCalls = [] }) => toolCalls);
        expect(calls.map((call) => JSON.parse(call.function.arguments))).to.deep.equal([GIVEN]);
        expect(cut.at(-1)?.content).to.equal(spoken(RESULT));
      })).timeout(60_000);
  }

  for (const name of OPENAI_PACKAGES) {
    /** The same request, which begins one run, until an answer came whole. */
    const insisting = async <Answer>(ask: (headers: Record<string, string>) => Promise<Answer>, key: string) => {
      for (;;) {
        try {
          return await ask({ 'X-Session-Id': session, 'Idempotency-Key': key });
        } catch (error) {
          expect(cutsLeft, `seed ${random.seed}: ${error}`).to.be.lessThan(MOST_CUTS);
        }
      }
    };

    it(`is a whole chat completion of ${name} in the end, asked again with its key`, () =>
      forSome(async () => {
        const openai = await openAiClient(name, proxy.origin);
        const complete = (message: OpenAI.ChatCompletionMessageParam, key: string) =>
          insisting(async (headers) => {
            const asking = { model: 'm', messages: [message], tools: [NESTED] };
            return (await openai.chat.completions.stream(asking, { headers }).finalChatCompletion()).choices[0];
          }, key);
        const first = await complete({ role: 'user', content: ASK }, 'one');
        expect(first?.message).to.include({ content: spoken(WORDS) });
        const [call, ...others] = first?.message.tool_calls ?? [];
        expect([call?.type === 'function' && JSON.parse(call.function.arguments), others]).to.deep.equal([GIVEN, []]);
        const last = await complete({ role: 'tool', tool_call_id: call?.id ?? '', content: RESULT }, 'two');
        expect(last?.message.content, `seed ${random.seed}`).to.equal(spoken(RESULT));
      })).timeout(60_000);

    it(`is each event of a response once, in order, to ${name}, which goes on where it was cut`, () =>
      forSome(async () => {
        const openai = await openAiClient(name, proxy.origin);
        const whole = await openAiClient(name, server.origin);
        const eventsOf = async (input: OpenAI.Responses.ResponseInput, key: string) => {
          const asking = { model: 'm', conversation: session, input, tools: [FLAT], background: true };
          const { id } = await insisting((headers) => openai.responses.create(asking, { headers }), key);
          const seen: OpenAI.Responses.ResponseStreamEvent[] = [];
          while (seen.at(-1)?.type !== 'response.completed') {
            const starting_after = seen.at(-1)?.sequence_number ?? -1;
            const place = starting_after < 0 ? {} : { starting_after };
            try {
              const rest = await openai.responses.retrieve(id, { stream: true, ...place });
              for await (const event of rest) seen.push(event);
            } catch (error) {
              expect(cutsLeft, `seed ${random.seed}: ${error}`).to.be.lessThan(MOST_CUTS);
            }
          }
          const uncut: unknown[] = [];
          for await (const event of await whole.responses.retrieve(id, { stream: true })) uncut.push(event);
          expect(seen, `seed ${random.seed}`).to.deep.equal(uncut);
          return whole.responses.retrieve(id);
        };
        const asking = await eventsOf([{ role: 'user', content: ASK }], 'one');
        const calls = asking.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
        expect(calls.map(({ arguments: given }) => JSON.parse(given))).to.deep.equal([GIVEN]);
        const call_id = calls[0]?.call_id ?? '';
        const last = await eventsOf([{ type: 'function_call_output', call_id, output: RESULT }], 'two');
        expect(last.output_text).to.equal(spoken(RESULT));
      })).timeout(60_000);
  }
});
